//! What is sold and at which prices, and what follows from what Stripe says of it.
//!
//! Stripe promises neither the order of its events nor that each comes once, and two of one second cannot be told apart. So an event is
//! only the occasion: whoever settles asks Stripe for the object as it is now, and [`state`] says, purely, what follows from that. Rows
//! are read before Stripe is asked and replaced only as they were read, so that of two who settle at once the later answer stands.
//!
//! The worker of webhooks settles, and so do the commands of the billing function, each in its own transaction.

mod config;
mod error;
mod inbound;
mod prices;
mod settle;
#[cfg(test)]
mod shuffles;
mod snapshot;
pub mod state;

pub use config::{Payments, not_configured};
pub use error::SettleError;
pub use inbound::inbound;
pub use prices::PriceBook;
pub use settle::{Outcome, SettledAccount, Settler};
pub use snapshot::{KEEP_PLAN, KEEP_UNTIL, ORGANIZATION_ID, PRODUCT};
