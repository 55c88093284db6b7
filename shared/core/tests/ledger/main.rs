//! The ledger on the embedded DynamoDB.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

mod history;
mod race;
mod table;
mod tables;
