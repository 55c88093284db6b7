//! The letters. Each is written once, as paragraphs and at most one link; text and HTML are two renderings of the same.
//!
//! Names are what people wrote, some of them to strangers: a name may not become markup, a header, or a link of its own.

use shared::encoding::html_escaped;
use shared::model::identity::IdentityProvider;
use shared::model::mail::{IdentityNews, SecondFactorNews};

/// How many characters of a name are shown.
const NAME_LENGTH: usize = 80;

/// A letter in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    subject: String,
    greeting: String,
    paragraphs: Vec<String>,
    link: Option<(&'static str, String)>,
    closing: &'static str,
}

impl Letter {
    fn new(subject: impl Into<String>, name: Option<&str>, closing: &'static str) -> Self {
        let greeting = name.map(shown).filter(|name| !name.is_empty());
        let greeting = greeting.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
        Self { subject: subject.into(), greeting, paragraphs: Vec::new(), link: None, closing }
    }

    fn says(mut self, paragraph: impl Into<String>) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    fn leads_to(mut self, label: &'static str, url: &str) -> Self {
        self.link = Some((label, url.to_owned()));
        self
    }

    /// Its subject, its text and its HTML.
    pub(crate) fn render(&self) -> (String, String, String) {
        (self.subject.clone(), self.text(), self.html())
    }

    fn text(&self) -> String {
        let link = self.link.as_ref().map(|(label, url)| format!("{label}:\n{url}"));
        let parts = std::iter::once(self.greeting.clone()).chain(self.paragraphs.iter().cloned()).chain(link);
        let parts = parts.chain([self.closing.to_owned(), "Groundwork".to_owned()]);
        let mut text = parts.collect::<Vec<_>>().join("\n\n");
        text.push('\n');
        text
    }

    fn html(&self) -> String {
        let paragraph = |text: &str| format!("<p style=\"margin:0 0 16px\">{}</p>\n", html_escaped(text));
        let mut html = paragraph(&self.greeting);
        self.paragraphs.iter().for_each(|text| html.push_str(&paragraph(text)));
        if let Some((label, url)) = &self.link {
            let (label, url) = (html_escaped(label), html_escaped(url));
            html.push_str(&format!(
                "<p style=\"margin:0 0 16px\"><a href=\"{url}\" style=\"display:inline-block;padding:12px 20px;\
                 background:#1c1c1a;color:#ffffff;text-decoration:none\">{label}</a></p>\n\
                 <p style=\"margin:0 0 16px;font-size:13px;word-break:break-all\">{url}</p>\n"
            ));
        }
        html.push_str(&paragraph(self.closing));
        html.push_str("<p style=\"margin:0\">Groundwork</p>\n");
        html_document(&self.subject, &html)
    }
}

/// The document around a letter's HTML.
pub(crate) fn html_document(subject: &str, inner: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"margin:0;padding:32px 16px;background:#f4f4f2;font:16px/1.5 sans-serif;color:#1c1c1a\">\n\
         <div style=\"max-width:520px;margin:0 auto;padding:32px;background:#ffffff\">\n{inner}</div>\n</body>\n</html>\n",
        html_escaped(subject)
    )
}

const IGNORE: &str = "If you did not ask for this, you can ignore this mail; nothing changes.";
const NOT_YOU: &str =
    "If this was not you, reset your password now: that signs out everybody who is signed in to your account.";

pub(crate) fn verify_email(name: &str, url: &str) -> Letter {
    Letter::new("Confirm your e-mail address", Some(name), IGNORE)
        .says("please confirm that this is your e-mail address. The link works once, for 24 hours.")
        .leads_to("Confirm the address", url)
}

pub(crate) fn reset_password(name: &str, url: &str) -> Letter {
    Letter::new("Reset your password", Some(name), IGNORE)
        .says("somebody asked to reset the password of your account. The link works once, for one hour. A new password signs you out everywhere.")
        .leads_to("Choose a new password", url)
}

pub(crate) fn change_email(name: &str, url: &str) -> Letter {
    Letter::new("Confirm your new e-mail address", Some(name), IGNORE)
        .says("please confirm that your account shall use this e-mail address from now on. The link works once, for 24 hours.")
        .leads_to("Use this address", url)
}

pub(crate) fn email_change_notice(name: &str) -> Letter {
    Letter::new("Your e-mail address is about to change", Some(name), NOT_YOU)
        .says("somebody who knows your password asked to use another e-mail address for your account. It changes once a link in a mail to the new address is followed.")
}

pub(crate) fn email_changed(name: &str) -> Letter {
    const CLOSING: &str = "If this was not you, write to our support at once: a new password would now be set by a mail to the other address.";
    Letter::new("Your e-mail address was changed", Some(name), CLOSING)
        .says("the link in the mail to the new address was just followed: your account uses that address from now on, and no longer this one.")
}

pub(crate) fn password_changed(name: &str) -> Letter {
    Letter::new("Your password was changed", Some(name), NOT_YOU).says("the password of your account was just changed.")
}

pub(crate) fn session_revoked(name: &str) -> Letter {
    Letter::new("A session of your account was ended", Some(name), NOT_YOU).says(
        "the sign-in of one of your devices was used from two places, as when a token was copied. To be safe we ended that session for \
         both; please sign in again there.",
    )
}

/// The letter about what became of the second factor.
pub(crate) fn second_factor(news: SecondFactorNews) -> fn(&str) -> Letter {
    match news {
        SecondFactorNews::Enabled => |name| {
            Letter::new("Your authenticator is on", Some(name), NOT_YOU)
                .says("from now on signing in to your account takes a code of your authenticator, too. Keep your recovery codes where you find them without it.")
        },
        SecondFactorNews::Disabled => |name| {
            Letter::new("Your authenticator is off", Some(name), NOT_YOU)
                .says("the second factor of your account was just turned off. The password alone signs in to it now.")
        },
        SecondFactorNews::CodesRenewed => |name| {
            Letter::new("You have new recovery codes", Some(name), NOT_YOU)
                .says("new recovery codes were just made for your account. The old ones do not work any more.")
        },
        SecondFactorNews::CodeUsed => |name| {
            Letter::new("A recovery code was used", Some(name), NOT_YOU)
                .says("somebody just signed in to your account with its password and one of its recovery codes. That code does not work any more.")
        },
    }
}

/// The letter about what became of an identity that signs in.
pub(crate) fn identity(provider: IdentityProvider, news: IdentityNews) -> fn(&str) -> Letter {
    match (provider, news) {
        (IdentityProvider::LinkedIn, IdentityNews::Linked) => |name| {
            Letter::new("LinkedIn signs in to your account", Some(name), NOT_YOU)
                .says("from now on an account at LinkedIn signs in to yours. You see and unlink it among your ways to sign in.")
        },
        (IdentityProvider::LinkedIn, IdentityNews::Unlinked) => |name| {
            Letter::new("LinkedIn does not sign in to your account any more", Some(name), NOT_YOU).says(
                "the account at LinkedIn that signed in to yours was just unlinked. Your password signs in as before.",
            )
        },
    }
}

pub(crate) fn invitation(organization: &str, inviter: Option<&str>, url: &str) -> Letter {
    let organization = shown(organization);
    let inviter = inviter.map(shown).filter(|name| !name.is_empty()).unwrap_or_else(|| "Somebody".to_owned());
    Letter::new(
        format!("Join {organization} on Groundwork"),
        None,
        "If you do not know them, you can ignore this mail.",
    )
    .says(format!("{inviter} invites you to join {organization} on Groundwork. The invitation is open for 7 days."))
    .leads_to("See the invitation", url)
}

/// A name as it may stand in a mail: one line without characters that steer, not too long, and nothing in it that a mail program would
/// make a link of, since a stranger may get it.
pub(crate) fn shown(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for character in name.chars().filter(|character| !steers(*character)).take(NAME_LENGTH) {
        let ends_word = shown.ends_with(['.', ':', '/', '@']) && !character.is_whitespace();
        if ends_word {
            shown.push(' ');
        }
        shown.push(if character.is_whitespace() { ' ' } else { character });
    }
    shown.trim().to_owned()
}

/// Whether a character has no form of its own but changes how others look: controls, directions, joiners, separators of lines.
pub(crate) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://app.example.com/invitation#token=01K.01K.abc";

    #[test]
    fn text_and_html_say_the_same() {
        let (subject, text, html) = invitation("Engines & Sons", Some("Ada"), URL).render();
        assert_eq!(subject, "Join Engines & Sons on Groundwork");
        for part in ["Ada invites you to join Engines & Sons on Groundwork", URL, "If you do not know them"] {
            assert!(text.contains(part), "{text}");
            assert!(html.contains(&html_escaped(part)), "{html}");
        }
        assert!(text.lines().any(|line| line == URL), "the link stands alone on its line");
    }

    #[test]
    fn a_name_becomes_neither_markup_nor_header_nor_link() {
        let evil = "<img src=x> http://evil.example/a\r\nBcc: eve@evil.example\u{202e}";
        let (subject, text, html) = invitation(evil, Some(evil), URL).render();
        assert!(!subject.contains(['\r', '\n', '\u{202e}']), "{subject:?}");
        for rendering in [&text, &html] {
            for link in ["http://evil", "evil.example", "eve@evil"] {
                assert!(!rendering.contains(link), "{link} in {rendering}");
            }
        }
        assert!(!html.contains("<img"), "{html}");
        assert_eq!(shown(&"a".repeat(500)).len(), NAME_LENGTH);
        assert_eq!(shown(" J. R. R. Tolkien "), "J. R. R. Tolkien");
        assert!(verify_email("\u{200b}", URL).render().1.starts_with("Hello,\n"));
    }
}
