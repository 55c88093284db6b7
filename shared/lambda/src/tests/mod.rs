//! Tests of the host: its parts over the embedded queues and table, and a whole function as a process under Lambda's Runtime API.

mod batch;
mod connection;
mod events;
mod http;
mod logging;
mod process;
mod queue;
mod schedule;
mod start;
mod stream;
mod streaming;

use std::sync::{Arc, Mutex};

use aws_sdk_sqs::types::Message;
use embedded::EmbeddedSqs;
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};

use shared::telemetry::Source;

use crate::QueueSender;
use crate::logging::{JsonLines, filter};

/// An embedded queue `dead` with its sender.
struct Queue {
    sqs: EmbeddedSqs,
    sender: QueueSender,
}

impl Queue {
    async fn new() -> Self {
        let sqs = EmbeddedSqs::new(|| 0);
        sqs.client().create_queue().queue_name("dead").send().await.unwrap();
        let sender = QueueSender::new(sqs.client(), sqs.queue_url("dead"));
        Self { sqs, sender }
    }

    /// A sender to a queue that does not exist.
    fn lost(&self) -> QueueSender {
        QueueSender::new(self.sqs.client(), self.sqs.queue_url("nowhere"))
    }

    fn bodies(&self) -> Vec<String> {
        self.sqs.messages("dead").into_iter().map(|message| message.body).collect()
    }

    async fn receive(&self) -> Vec<Message> {
        let receive = self.sqs.client().receive_message().queue_url(self.sqs.queue_url("dead"));
        let received = receive.max_number_of_messages(10).message_attribute_names("All").send().await.unwrap();
        received.messages.unwrap_or_default()
    }
}

/// What is logged on this thread while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        Self::start_with(filter(None, None).0)
    }

    fn start_with(filter: Targets) -> (Self, DefaultGuard) {
        let log = Self::default();
        let bytes = Arc::clone(&log.0);
        let lines = JsonLines::new(Source::new("tested", "test"), move |line: &[u8]| {
            bytes.lock().unwrap().extend_from_slice(line)
        });
        let lines = lines.with_filter(filter);
        // With one subscriber alone, a test on another thread that has none would decide for all that nobody listens to a line.
        drop(tracing::subscriber::set_global_default(tracing_subscriber::registry()));
        (log, tracing::subscriber::set_default(tracing_subscriber::registry().with(lines)))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
