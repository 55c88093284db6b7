//! The local cloud: the whole platform in one process.
//!
//! [`Platform`] runs every function over the embedded AWS services, with the tables, queues, dead letters, event sources and schedules of
//! `template.yaml`. The `groundwork` program serves it on a port; the end-to-end tests drive it by hand. Nothing of the product lives
//! here.

pub mod cli;
mod demo;
mod explorer;
mod functions;
mod invoke;
mod jobs;
pub mod journal;
mod linkedin;
mod mailbox;
pub mod operator;
mod platform;
mod pump;
mod running;
mod s3;
mod serve;
pub mod terminal;
mod this_machine;

pub use functions::{CRM_URL, FRONTEND_URL, openapi};
pub use invoke::{DeliverOnce, Delivery, Invocation, InvokeError};
pub use platform::{Platform, PlatformError, PlatformOptions};
