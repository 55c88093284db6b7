//! What can go wrong while settling.

use http::StatusCode;
use shared::problem::Problem;
use shared::store::StoreError;
use vendors::stripe::StripeError;

/// Why something was not settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Stripe did not do what it was asked.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SettleError> for Problem {
    fn from(error: SettleError) -> Self {
        let cause = error.to_string();
        match error {
            SettleError::Store(error) => error.into(),
            SettleError::Stripe(StripeError::Declined { code }) => Self::new(
                StatusCode::PAYMENT_REQUIRED,
                "payment_declined",
                "The payment was declined; use another way to pay in the customer portal, and try again.",
            )
            .with_extension("declineCode", code),
            SettleError::Stripe(StripeError::Unavailable { .. }) => {
                tracing::warn!(cause, "Stripe does not answer");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "payments_unavailable",
                    "The payment provider does not answer; repeat the request shortly, under the same Idempotency-Key.",
                )
                .retry_after(5)
            }
            SettleError::Stripe(
                StripeError::NotFound | StripeError::Refused { .. } | StripeError::Unreadable { .. },
            ) => Self::internal(cause),
        }
    }
}
