//! What can go wrong with a request to Stripe, told apart by what a caller can do about it.

use ::http::{Response, StatusCode};
use serde::Deserialize;

use crate::http::HttpError;

/// Why Stripe did not do what it was asked. `code` is a stable name of Stripe's; what it says in words is not kept, since it may quote what
/// it was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// The payment was declined: the customer can pay otherwise.
    #[error("the payment was declined: {code}")]
    Declined {
        /// Why, as the bank or Stripe says it: `insufficient_funds`, `expired_card`.
        code: String,
    },
    /// There is no such object.
    #[error("there is no such object at Stripe")]
    NotFound,
    /// The request is wrong, or our key is: repeating it helps nobody.
    #[error("Stripe refused a request with {status}: {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        code: String,
    },
    /// Stripe is not reached, fails, or asks for patience. Whether it did what it was asked is not known; a repeat under the same key is
    /// safe.
    #[error("Stripe is unavailable: {code}")]
    Unavailable {
        /// Why.
        code: String,
    },
    /// The answer is none that this version can read.
    #[error("an answer of Stripe's cannot be read: {reason}")]
    Unreadable {
        /// Which part cannot be.
        reason: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Details,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    r#type: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
}

impl StripeError {
    /// What an answer that is no success means.
    pub(super) fn of(answer: &Response<Vec<u8>>) -> Self {
        let status = answer.status();
        let details = serde_json::from_slice::<Body>(answer.body()).unwrap_or_default().error;
        let is_card = status == StatusCode::PAYMENT_REQUIRED || details.r#type.as_deref() == Some("card_error");
        let code = details.decline_code.filter(|_| is_card).or(details.code).or(details.r#type);
        let code = code.filter(|code| is_name(code)).unwrap_or_else(|| format!("status_{}", status.as_u16()));
        match status {
            _ if is_card => Self::Declined { code },
            StatusCode::NOT_FOUND => Self::NotFound,
            // 409 is another request under the same key that is under way.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT => Self::Unavailable { code },
            status if status.is_client_error() => Self::Refused { status: status.as_u16(), code },
            _ => Self::Unavailable { code },
        }
    }
}

/// Whether a text is a name as Stripe gives them, and no sentence.
fn is_name(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
}

impl From<HttpError> for StripeError {
    fn from(error: HttpError) -> Self {
        let code = match error {
            HttpError::NotSent(_) => "unreachable",
            HttpError::NoAnswer(_) => "no_answer",
        };
        Self::Unavailable { code: code.to_owned() }
    }
}
