//! Mail to people: by Amazon SES, Resend or SMTP, as the configuration says.
//!
//! The three differ in what a lost answer means. Resend knows a mail by its idempotency key, so that asking again is safe; SES and SMTP
//! know none, so that a mail which may have left must not be sent again.

mod config;
mod message;
mod resend;
mod ses;
#[cfg(not(target_arch = "wasm32"))]
mod smtp;

use std::time::Duration;

pub use config::EmailConfig;
pub use message::{Email, InvalidEmail};
use resend::Resend;
use ses::Ses;
#[cfg(not(target_arch = "wasm32"))]
use smtp::Smtp;

use crate::http::{Http, HttpError};

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often one call asks the vendor at most.
const ATTEMPTS: u32 = 3;
/// The wait before the second attempt of a call; it doubles.
const PAUSE: Duration = Duration::from_millis(250);

/// A mail that the vendor took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The vendor's name for it, by which it can be found in the vendor's records; none if the vendor gave none.
    pub id: Option<String>,
}

/// Why a mail was not sent, or is not known to be. `code` is a stable name for logs and rows: it never quotes what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// This mail will never be taken.
    #[error("the mail was refused: {code}")]
    Permanent {
        /// Why.
        code: String,
    },
    /// The mail was not taken now; it may be later.
    #[error("the mail was not taken: {code}")]
    Transient {
        /// Why.
        code: String,
        /// How long the vendor asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The mail may have been sent.
    #[error("nobody knows whether the mail was sent: {code}")]
    Uncertain {
        /// Why.
        code: String,
    },
}

impl EmailError {
    fn permanent(code: impl Into<String>) -> Self {
        Self::Permanent { code: code.into() }
    }

    fn transient(code: impl Into<String>) -> Self {
        Self::Transient { code: code.into(), retry_after: None }
    }

    fn uncertain(code: impl Into<String>) -> Self {
        Self::Uncertain { code: code.into() }
    }

    /// The stable name.
    pub fn code(&self) -> &str {
        match self {
            Self::Permanent { code } | Self::Transient { code, .. } | Self::Uncertain { code } => code,
        }
    }
}

impl From<HttpError> for EmailError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotSent(_) => Self::transient("not_reached"),
            HttpError::NoAnswer(_) => Self::uncertain("no_answer"),
        }
    }
}

/// Sends mail; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: String,
    vendor: Vendor,
}

#[derive(Clone, Debug)]
enum Vendor {
    Ses(Ses),
    Resend(Resend),
    #[cfg(not(target_arch = "wasm32"))]
    Smtp(Smtp),
}

impl Mailer {
    /// The vendor that the configuration names.
    pub fn new(config: EmailConfig, http: Http) -> Self {
        let EmailConfig { from, provider } = config;
        let vendor = match provider {
            config::Provider::Ses(account) => Vendor::Ses(Ses::new(account, http)),
            config::Provider::Resend { base_url, api_key } => Vendor::Resend(Resend::new(&base_url, api_key, http)),
            #[cfg(not(target_arch = "wasm32"))]
            config::Provider::Smtp(transport) => Vendor::Smtp(Smtp::new(transport)),
        };
        Self { from, vendor }
    }

    /// For how long after the first attempt a mail may be sent again under the same key without being sent twice; none if never.
    pub const fn repeats_safely_for(&self) -> Option<Duration> {
        match self.vendor {
            Vendor::Resend(_) => Some(resend::KEY_KEPT),
            _ => None,
        }
    }

    /// Sends a mail. `key` names it: where the vendor knows such keys, the same mail under the same key is sent once, however often it is
    /// asked for.
    ///
    /// # Errors
    /// When the mail was not taken, or nobody knows.
    pub async fn send(&self, email: &Email, key: &str) -> Result<Receipt, EmailError> {
        match &self.vendor {
            Vendor::Ses(ses) => ses.send(&self.from, email).await,
            Vendor::Resend(resend) => resend.send(&self.from, email, key).await,
            #[cfg(not(target_arch = "wasm32"))]
            Vendor::Smtp(smtp) => smtp.send(&self.from, email, key).await,
        }
    }
}

/// A vendor's name for an error as it may stand in logs: what is no plain name is left out.
fn code_of(name: Option<&str>, status: u16) -> String {
    let plain = |name: &&str| {
        (1..=64).contains(&name.len())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.'))
    };
    name.filter(plain).map_or_else(|| format!("status_{status}"), str::to_owned)
}

/// What the header `Retry-After` asks for, if it does in seconds; at most an hour.
fn retry_after(headers: &::http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(::http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

#[cfg(test)]
mod tests;
