//! A mail as every vendor takes it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A mail that can be sent: every header's value is one line, so that no text of a person becomes a header.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    to: String,
    subject: String,
    text: String,
    html: String,
    sender_name: Option<String>,
    reply_to: Option<String>,
    unsubscribe_url: Option<String>,
}

impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Email")
    }
}

/// A text that cannot be a mail's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address, the subject or a link of a mail cannot be a header")]
pub struct InvalidEmail;

impl Email {
    /// A mail to one person.
    ///
    /// # Errors
    /// When the address is not a bare address, or the subject is not one line.
    pub fn new(to: &str, subject: &str, text: String, html: String) -> Result<Self, InvalidEmail> {
        if is_bare(to) && is_line(subject) {
            let (to, subject) = (to.to_owned(), subject.to_owned());
            Ok(Self { to, subject, text, html, sender_name: None, reply_to: None, unsubscribe_url: None })
        } else {
            Err(InvalidEmail)
        }
    }

    /// The mail under another name than the one that is configured. The address that it comes from stays ours.
    ///
    /// # Errors
    /// When the name is not one line.
    pub fn with_sender_name(self, name: &str) -> Result<Self, InvalidEmail> {
        if is_line(name) { Ok(Self { sender_name: Some(name.to_owned()), ..self }) } else { Err(InvalidEmail) }
    }

    /// The mail with another address for answers than the one it comes from.
    ///
    /// # Errors
    /// When it is not a bare address.
    pub fn with_reply_to(self, address: &str) -> Result<Self, InvalidEmail> {
        if is_bare(address) { Ok(Self { reply_to: Some(address.to_owned()), ..self }) } else { Err(InvalidEmail) }
    }

    /// The mail with an address to which a mailbox posts when its owner wants no more of the kind.
    ///
    /// # Errors
    /// When it is not an address on the web.
    pub fn with_unsubscribe_url(self, url: &str) -> Result<Self, InvalidEmail> {
        let is_of_web = url.starts_with("https://") || url.starts_with("http://");
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b','));
        if is_of_web && is_plain {
            Ok(Self { unsubscribe_url: Some(url.to_owned()), ..self })
        } else {
            Err(InvalidEmail)
        }
    }

    /// The name that it comes under, if not the one that is configured.
    pub fn sender_name(&self) -> Option<&str> {
        self.sender_name.as_deref()
    }

    /// Whom it comes from, where `configured` (`Groundwork <mail@example.com>`, or a bare address) is who sends: as a header has it, in ASCII
    /// where the name is the mail's own.
    pub fn sender(&self, configured: &str) -> String {
        let Some(name) = &self.sender_name else { return configured.to_owned() };
        let address = configured.rsplit_once('<').map_or(configured, |(_, rest)| rest.trim_end_matches('>'));
        format!("{} <{}>", phrase(name), address.trim())
    }

    /// Where answers go, if not to the address that it comes from.
    pub fn reply_to(&self) -> Option<&str> {
        self.reply_to.as_deref()
    }

    /// What further headers it has, with their values: each is one line of visible ASCII. Both stand for unsubscribing with one click
    /// (RFC 8058).
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let Some(url) = &self.unsubscribe_url else { return Vec::new() };
        vec![
            ("List-Unsubscribe", format!("<{url}>")),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
        ]
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

/// How many bytes of a name one encoded word takes, which has 75 characters at most (RFC 2047).
const ENCODED_WORD_BYTES: usize = 45;

/// A name as it may stand before an address: in quotes, or as encoded words where ASCII does not suffice.
fn phrase(name: &str) -> String {
    if name.is_ascii() {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let mut words = vec![String::new()];
    for character in name.chars() {
        match words.last_mut() {
            Some(word) if word.len() + character.len_utf8() <= ENCODED_WORD_BYTES => word.push(character),
            _ => words.push(character.to_string()),
        }
    }
    let encoded = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join(" ")
}

/// Whether a text is an address and nothing else.
fn is_bare(address: &str) -> bool {
    address.contains('@') && !address.contains([',', ';', '<', '>', '"', ' ']) && is_line(address)
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
    fn another_name_stands_before_the_same_address() {
        let sender = |name: &str, configured: &str| {
            let email = email("ada@example.com", "Hello").unwrap();
            email.with_sender_name(name).unwrap().sender(configured)
        };
        let ours = "Groundwork <mail@example.com>";
        assert_eq!(email("ada@example.com", "Hello").unwrap().sender(ours), ours);
        assert_eq!(sender("Engines, Ltd", ours), "\"Engines, Ltd\" <mail@example.com>");
        assert_eq!(sender("Engines", "mail@example.com"), "\"Engines\" <mail@example.com>");
        assert_eq!(sender("\"<eve@example.com>\\", ours), "\"\\\"<eve@example.com>\\\\\" <mail@example.com>");
        assert_eq!(sender("Zoë", ours), "=?utf-8?B?Wm/Dqw==?= <mail@example.com>");
        let long = sender(&"é".repeat(80), ours);
        let words = long.strip_suffix(" <mail@example.com>").unwrap().split(' ').collect::<Vec<_>>();
        assert!(long.is_ascii() && words.len() == 4 && words.iter().all(|word| word.len() <= 75), "{long}");
        assert!(email("ada@example.com", "Hello").unwrap().with_sender_name("a\r\nBcc: b").is_err());
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
        for url in [
            "mailto:a@example.com",
            "https://example.com/\r\nBcc: a@b.c",
            "https://a.example>, <https://b.example",
            "https://é.example",
        ] {
            assert_eq!(
                email("ada@example.com", "Hello").unwrap().with_unsubscribe_url(url),
                Err(InvalidEmail),
                "{url:?}"
            );
        }
        let answered_elsewhere =
            email("ada@example.com", "Hello").unwrap().with_reply_to("eve@example.com\nBcc: a@b.c");
        assert_eq!(answered_elsewhere, Err(InvalidEmail));
        for subject in ["", "Hello\nBcc: eve@example.com", "Hello\r", "Hello\u{2028}", "Hello\0"] {
            assert_eq!(email("ada@example.com", subject), Err(InvalidEmail), "{subject:?}");
        }
    }
}
