//! Checkouts: sessions of Stripe's hosted page.

pub(crate) mod create;
mod customer;
pub(crate) mod get;
