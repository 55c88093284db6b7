//! What can go wrong here.

use http::StatusCode;
use shared::problem::Problem;
use vendors::SignatureError;

/// An error of the webhooks function.
#[derive(Debug)]
pub enum Error {
    /// Nobody told us Stripe's secret.
    PaymentsNotConfigured,
    /// Nobody told us the vendor's secret, which this variable would hold.
    NotConfigured(&'static str),
    /// The header that shows whose the webhook is did not come with it.
    SignatureMissing(&'static str),
    /// The signature is none of the vendor's.
    Signature(SignatureError),
    /// The body is no event.
    NotAnEvent(&'static str),
    /// What any function can meet.
    Problem(Problem),
}

impl From<SignatureError> for Error {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let refused = |detail: String| Self::new(StatusCode::BAD_REQUEST, "signature_invalid", detail);
        match error {
            Error::PaymentsNotConfigured => payments::not_configured("STRIPE_WEBHOOK_SECRET"),
            Error::NotConfigured(variable) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "webhooks_not_configured",
                format!("These webhooks are not set up on this platform: `{variable}` is missing."),
            ),
            Error::SignatureMissing(header) => refused(format!("The header `{header}` is missing.")),
            Error::Signature(SignatureError::Malformed) => {
                refused("The signature header is not of the vendor's form.".to_owned())
            }
            Error::Signature(SignatureError::OutOfTime) => {
                refused("The signature is of another time: it counts for 300 seconds.".to_owned())
            }
            Error::Signature(SignatureError::Mismatch) => {
                refused("The signature is by none of the known secrets, or over another body.".to_owned())
            }
            Error::NotAnEvent(message) => Self::malformed("", message),
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
