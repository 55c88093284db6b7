//! Stripe (<https://docs.stripe.com/api>): the calls that we make, typed both ways, over version `2026-10-28.endive`.
//!
//! Every POST carries an idempotency key that its caller derives from what is being done, so that whatever is repeated, here or after a
//! crash, happens once. Repeats within a call follow Stripe's own SDK.

mod calls;
mod config;
mod error;
mod form;
mod objects;
mod request;
#[cfg(test)]
mod tests;
mod value;
pub mod webhook;

pub use calls::{CheckoutMode, EventsQuery, NewCheckoutSession, PriceChange};
pub use config::StripeConfig;
pub use error::StripeError;
pub use objects::{
    Charge, CheckoutSession, Customer, Dispute, Invoice, InvoicePayment, Metadata, PaymentIntent, PortalSession,
    StatusTransitions, Subscription, SubscriptionItem,
};
pub use request::Stripe;
pub use value::{Expandable, Identified, List, Reference};

/// The version of the API that is asked and whose shapes are answered.
pub const API_VERSION: &str = "2026-10-28.endive";
