//! The AWS services of the local cloud and of the tests, in one process, behind the real AWS SDK.
//!
//! * [`dynamodb`]: DynamoDB over `dynoxide` (SQLite), in a file or in memory.
//! * [`stream`]: a table's change stream with a durable checkpoint.
//! * [`sqs`]: standard queues with dead letters, on `tokio::time`.
//! * [`mailbox`]: where mail ends up that would be sent.
//! * [`breaches`], [`linkedin`]: others whom the platform asks, in their place.
//! * [`hooks`]: where webhooks end up that would be sent.
//! * [`s3`]: a bucket of S3, which lets in what is signed and granted.
//! * [`template`]: what `template.yaml` says of all these.
//! * [`recording`]: what each piece of work does at these services, and what its policy lets it do.
//! * [`wire`]: the protocol they share, for the SDK inside the process and over HTTP for processes outside.
//!
//! The code under test builds, signs and parses its requests exactly as it does against AWS; only the bytes travel no further than this
//! crate. What differs from AWS: there is no throttling and no transaction conflict (a fault-injecting connector adds them),
//! `ClientRequestToken`s are forgotten on restart, and every read is consistent.

pub mod breaches;
pub mod dynamodb;
mod error;
pub mod hooks;
pub mod linkedin;
pub mod mailbox;
pub mod recording;
pub mod s3;
pub mod sqs;
pub mod stream;
pub mod template;
pub mod wire;

pub use breaches::Breaches;
pub use dynamodb::{EmbeddedDynamoDb, Execution};
pub use error::EmbeddedError;
pub use hooks::{Hooks, ReceivedHook};
pub use linkedin::{LinkedIn, LinkedInMember, LinkedInTrouble};
pub use mailbox::{Mailbox, ReceivedMail};
pub use s3::S3;
pub use sqs::EmbeddedSqs;
pub use stream::{SequenceNumber, StreamReader, StreamRecord};
pub use wire::{Travel, WireResponse, WireService, aws_router};

/// The region that resource names carry and that requests are signed for.
pub const REGION: &str = "eu-west-1";

/// The account that resource names carry.
pub const ACCOUNT: &str = "000000000000";

#[cfg(test)]
mod tests;
