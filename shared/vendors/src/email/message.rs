//! A mail as every vendor takes it.

use std::fmt;

/// A mail that can be sent: every header's value is one line, so that no text of a person becomes a header.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    to: String,
    subject: String,
    text: String,
    html: String,
}

impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Email")
    }
}

/// A text that cannot be a mail's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address or the subject of a mail is not one line")]
pub struct InvalidEmail;

impl Email {
    /// A mail to one person.
    ///
    /// # Errors
    /// When the address is not a bare address, or the subject is not one line.
    pub fn new(to: &str, subject: &str, text: String, html: String) -> Result<Self, InvalidEmail> {
        let is_bare = to.contains('@') && !to.contains([',', ';', '<', '>', '"', ' ']) && is_line(to);
        if is_bare && is_line(subject) {
            Ok(Self { to: to.to_owned(), subject: subject.to_owned(), text, html })
        } else {
            Err(InvalidEmail)
        }
    }

    /// Whom it is for: a bare address.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Its subject: one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Its text for readers without HTML.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its text with form.
    pub fn html(&self) -> &str {
        &self.html
    }
}

/// Whether a text has no line breaks in it, nor other characters that steer.
fn is_line(text: &str) -> bool {
    !text.is_empty()
        && !text.chars().any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(to: &str, subject: &str) -> Result<Email, InvalidEmail> {
        Email::new(to, subject, String::new(), String::new())
    }

    #[test]
    fn no_header_can_be_slipped_in() {
        assert!(email("ada@example.com", "Hello, Ada").is_ok());
        for to in [
            "",
            "ada",
            "ada@example.com\r\nBcc: eve@example.com",
            "a@example.com, b@example.com",
            "Ada <ada@example.com>",
        ] {
            assert_eq!(email(to, "Hello"), Err(InvalidEmail), "{to:?}");
        }
        for subject in ["", "Hello\nBcc: eve@example.com", "Hello\r", "Hello\u{2028}", "Hello\0"] {
            assert_eq!(email("ada@example.com", subject), Err(InvalidEmail), "{subject:?}");
        }
    }
}
