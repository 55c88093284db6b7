//! What can go wrong here.

use payments::SettleError;
use shared::problem::{FieldProblem, Problem};
use vendors::stripe::StripeError;

/// An error of the billing function.
#[derive(Debug)]
pub enum Error {
    /// Payments are not set up on this platform.
    NotConfigured,
    /// The organisation has a subscription; another would be paid twice.
    AlreadySubscribed,
    /// The organisation had a subscription, so that it cannot try one for nothing.
    TrialUsed,
    /// The organisation has no subscription that could be changed.
    NoSubscription,
    /// The subscription is behind with a payment.
    PaymentOverdue,
    /// The subscription ends with its period, which another plan would not change.
    Cancelled,
    /// The organisation never bought anything.
    NoCustomer,
    /// Somebody else began a checkout for the organisation at the same time.
    CheckoutInProgress,
    /// Stripe or the store did not do what they were asked.
    Settle(SettleError),
    /// There is no such organisation to give credits to.
    OrganizationUnknown,
    /// Credits cannot expire before they are given.
    ExpiryPassed,
    /// What any function can meet.
    Problem(Problem),
}

impl From<SettleError> for Error {
    fn from(error: SettleError) -> Self {
        Self::Settle(error)
    }
}

impl From<StripeError> for Error {
    fn from(error: StripeError) -> Self {
        Self::Settle(error.into())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotConfigured => payments::not_configured("STRIPE_SECRET_KEY"),
            Error::AlreadySubscribed => Self::conflict(
                "already_subscribed",
                "The organisation has a subscription; change its plan instead of buying another.",
            ),
            Error::TrialUsed => Self::conflict(
                "trial_used",
                "The organisation had a subscription already; buy the plan without a trial.",
            ),
            Error::NoSubscription => {
                Self::conflict("no_subscription", "The organisation has no subscription; buy one by a checkout.")
            }
            Error::PaymentOverdue => Self::conflict(
                "payment_overdue",
                "A payment of the subscription failed; pay it in the customer portal first.",
            ),
            Error::Cancelled => {
                Self::conflict("subscription_cancelled", "The subscription ends with its period; resume it first.")
            }
            Error::NoCustomer => {
                Self::conflict("no_customer", "The organisation has not bought anything yet; begin with a checkout.")
            }
            Error::CheckoutInProgress => Self::conflict(
                "checkout_in_progress",
                "A checkout of this organisation was begun at the same time; repeat the request.",
            ),
            Error::Settle(error) => error.into(),
            Error::OrganizationUnknown => {
                Self::invalid(vec![FieldProblem::new("organizationId", "is no organisation of the platform")])
            }
            Error::ExpiryPassed => Self::invalid(vec![FieldProblem::new("expiresAt", "must lie in the future")]),
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
