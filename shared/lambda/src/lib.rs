//! The Lambda host: everything a function needs around it on AWS Lambda, and nothing of the product.
//!
//! A function's `main.rs` names its kind and wires its routes or its work; the rest happens here:
//!
//! * [`serve_http`] answers a function URL with an axum router.
//! * [`serve_http_streaming`] does so in streams.
//! * [`serve_queue`] works off an SQS queue, message by message.
//! * [`serve_stream`] follows a DynamoDB stream in order.
//! * [`serve_schedule`] runs when EventBridge says so.
//!
//! Each of them starts the [`logging`], reads the whole configuration and connects to AWS ([`Host`]) before the first event is asked
//! for. A fault of the configuration ends the process with every fault named.

mod batch;
mod connection;
mod host;
mod http;
pub mod logging;
mod native;
mod queue;
mod schedule;
mod secrets;
mod serve;
mod stream;
mod streaming;

pub use aws_lambda_events::event::dynamodb::{Event as StreamEvent, EventRecord};
pub use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
pub use aws_lambda_events::event::streams::DynamoDbEventResponse;
pub use batch::{JobError, handle_batch};
pub use connection::{outbound, outbound_to_aws, outbound_within};
pub use host::{Host, StartError};
pub use http::serve_http;
pub use lambda_runtime::Error;
pub use native::{SystemClock, SystemEntropy};
pub use queue::{QueueError, QueueSender};
pub use schedule::{Schedule, serve_schedule};
pub use serve::{DEAD_LETTER_QUEUE_URL, serve_queue, serve_stream};
pub use stream::handle_stream;
pub use streaming::serve_http_streaming;

#[cfg(test)]
mod tests;
