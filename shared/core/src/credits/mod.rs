//! Credits: what an organisation has of them, and how actions burn them.
//!
//! ```text
//!                        ┌─▶ today's allowance ─┐
//! CreditIssuance ────────┼─▶ CreditGrants ──────┼──▶ CreditRevenue
//!        ▲  refund       └─▶ Credits (bought) ──┘
//!        └──────────────────────┘└─▶ CreditDebt: what was taken back and had been spent
//! ```
//!
//! Every movement is a transfer of the [`crate::ledger`], planned into the transaction of the command that it belongs to, so that a check and
//! what is spent on it are one: one BatchGetItem ([`Position::read`]) and one TransactWriteItems. The allowance of a day is an account of that
//! day's own, below zero by what was used. Nothing is handed out at midnight and nothing is taken back: the next day's account is another one.
//!
//! An action that calls outside holds its credits first (a pending transfer), and settles its true cost in the transaction of its outcome.
//! What a crash leaves behind is released when the hold times out.

pub mod burn_order;
pub mod day;
mod position;
mod settle;

pub use day::OrganizationDay;
pub use position::{Figures, Holder, Position};
pub use settle::{Given, Held};
