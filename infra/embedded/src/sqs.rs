//! SQS inside the process: standard queues in memory, on `tokio::time`.
//!
//! Memory suffices since the platform's tables are the truth and a message only a doorbell. With tokio's clock paused, hours of
//! visibility time-outs, delays and redrives pass in milliseconds. FIFO queues, encryption and access policies are absent: the platform
//! uses none. Unlike AWS, an exhausted message moves to its dead-letter queue as soon as anything looks at the queue, in order.

mod attributes;
mod error;
mod inspection;
mod message;
mod operations;
mod queue;
mod requests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use tokio::sync::Notify;

pub use self::inspection::{MessageView, QueueDepth};
use self::queue::Queues;
use crate::wire::{WireConnector, WireResponse, WireService};
use crate::{ACCOUNT, REGION};

/// Where queue URLs point when nothing listens.
const DEFAULT_BASE_URL: &str = "http://sqs.local";

/// The queues of one platform. Clones share them.
#[derive(Clone)]
pub struct EmbeddedSqs {
    shared: Arc<Shared>,
    base_url: Arc<str>,
}

struct Shared {
    queues: Mutex<Queues>,
    /// Wakes long polls whenever a message may have become receivable.
    changed: Notify,
    now_ms: Box<dyn Fn() -> i64 + Send + Sync>,
}

impl EmbeddedSqs {
    /// No queues yet. `now_ms` gives the milliseconds since 1970 that messages are stamped with; time-outs run on tokio's clock.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared { queues: Mutex::default(), changed: Notify::new(), now_ms: Box::new(now_ms) }),
            base_url: DEFAULT_BASE_URL.into(),
        }
    }

    /// The same queues with URLs under `base_url` (such as `http://127.0.0.1:4566`), for SDKs that send to a queue's URL.
    #[must_use]
    pub fn with_base_url(mut self, base_url: &str) -> Self {
        self.base_url = base_url.trim_end_matches('/').into();
        self
    }

    /// A client of the real SDK for these queues.
    pub fn client(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::from_conf(self.config().build())
    }

    /// The configuration of [`Self::client`], for callers that put a connector of their own around [`Self::http_client`] or change the
    /// retries.
    pub fn config(&self) -> aws_sdk_sqs::config::Builder {
        aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(DEFAULT_BASE_URL)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(self.http_client())
    }

    /// The connector by which the SDK reaches these queues without a socket.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(WireConnector(self.clone()))
    }

    /// The URL that names a queue in requests, whether it exists or not.
    pub fn queue_url(&self, queue: &str) -> String {
        format!("{}/{ACCOUNT}/{queue}", self.base_url)
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        (self.shared.now_ms)()
    }
}

/// The name of a queue as policies and event sources spell it.
pub fn queue_arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}

impl WireService for EmbeddedSqs {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        match self.call(operation, &body).await {
            Ok(answer) => WireResponse::ok(answer.to_string()),
            Err(error) => error.into_response(),
        }
    }
}

impl fmt::Debug for EmbeddedSqs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EmbeddedSqs").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
