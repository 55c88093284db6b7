//! Mail by SMTP, for whoever has a mail server of their own.

use std::fmt;

use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Email, EmailError, Receipt, TIMEOUT};

/// A connection to a mail server, made when it is needed.
#[derive(Clone)]
pub(super) struct Transport(AsyncSmtpTransport<Tokio1Executor>);

impl Transport {
    /// One that is never used: it stands for a malformed URL until that is reported.
    pub(super) fn nowhere() -> Self {
        Self(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost").build())
    }
}

/// The server at this URL. Without encryption only one on this machine is spoken to.
pub(super) fn transport(url: &str) -> Option<Transport> {
    let is_local = ["smtp://127.0.0.1", "smtp://localhost", "smtp://[::1]"]
        .iter()
        .any(|local| url.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
    let is_encrypted = url.starts_with("smtps://") || (url.starts_with("smtp://") && url.ends_with("?tls=required"));
    if !(is_local || is_encrypted) {
        return None;
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).ok()?;
    Some(Transport(builder.timeout(Some(TIMEOUT)).build()))
}

/// Mail by SMTP.
#[derive(Clone)]
pub(super) struct Smtp(Transport);

impl fmt::Debug for Smtp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Smtp")
    }
}

impl Smtp {
    pub(super) const fn new(transport: Transport) -> Self {
        Self(transport)
    }

    /// Sends a mail. `key` becomes its Message-ID, by which mailboxes may know a second copy.
    pub(super) async fn send(&self, from: &str, email: &Email, key: &str) -> Result<Receipt, EmailError> {
        let mut from: Mailbox = from.parse().map_err(|_: AddressError| EmailError::transient("from_malformed"))?;
        if let Some(name) = email.sender_name() {
            from.name = Some(name.to_owned());
        }
        let to: Mailbox = email.to().parse().map_err(|_: AddressError| EmailError::permanent("to_malformed"))?;
        let message_id = format!("<{key}@{}>", from.email.domain());
        let mut message =
            Message::builder().message_id(Some(message_id.clone())).from(from).to(to).subject(email.subject());
        if let Some(address) = email.reply_to() {
            message = message
                .reply_to(address.parse().map_err(|_: AddressError| EmailError::permanent("reply_to_malformed"))?);
        }
        for (name, value) in email.headers() {
            // A long link stays whole: readers of the header need not put folded pieces together.
            let name = HeaderName::new_from_ascii_str(name);
            message = message.raw_header(HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value));
        }
        let message = message
            .multipart(MultiPart::alternative_plain_html(email.text().to_owned(), email.html().to_owned()))
            .map_err(|_| EmailError::permanent("not_a_message"))?;
        match self.0.0.send(message).await {
            Ok(_) => Ok(Receipt { id: Some(message_id) }),
            Err(error) => Err(understood(&error)),
        }
    }
}

/// What an error means. The server said no, or we never got to send; whatever broke off in between is uncertain.
fn understood(error: &SmtpError) -> EmailError {
    if let Some(status) = error.status() {
        let code = format!("smtp_{status}");
        return if error.is_permanent() { EmailError::permanent(code) } else { EmailError::transient(code) };
    }
    if error.is_client() || error.is_tls() {
        return EmailError::transient("smtp_not_sent");
    }
    EmailError::uncertain("smtp_broke_off")
}
