//! What tests share.
//!
//! A [`Cloud`] is the platform's table in memory behind the real SDK, with a clock that only the test moves (tokio's paused clock) and
//! identifiers from a seed. A [`TestApp`] sends requests to a router without a socket; a [`Caller`] is somebody signed in, with the rows
//! that sign-in leaves in the table. A [`FunctionHost`] runs a function's binary as Lambda does, on the system's time; [`Workers`] take a
//! router's place under workerd. Whatever a test logs is searched for what is confidential in what it sent, got and stored.

mod ai;
mod app;
mod caller;
mod clock;
mod cloud;
mod confidential;
mod fault;
mod file;
mod host;
mod lead;
mod ledger;
mod log;
mod overlapping;
pub mod runtime_api;
mod totp;
mod worker;

pub use ai::ScriptedAi;
pub use app::{Request, TestApp, TestResponse};
pub use caller::Caller;
pub use clock::{SeededEntropy, SystemClock, TestClock};
pub use cloud::{Cloud, TEMPLATE};
pub use fault::{Fault, FaultPlan, Faults, Faulty, FaultyDynamoDb};
pub use file::{PNG, send_file};
pub use host::FunctionHost;
pub use ledger::LedgerRows;
pub use log::confidential_in;
pub use overlapping::Overlapping;
pub use totp::{totp_code, totp_code_at};
pub use worker::Workers;
