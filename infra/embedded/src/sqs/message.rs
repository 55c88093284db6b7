//! One message and the state it is in.

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::requests::ReceiveMessage;

/// Whether and how a message can be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageState {
    Visible,
    /// Received, not yet deleted, its visibility time-out still runs.
    InFlight,
    /// Sent with a delay that still runs.
    Delayed,
}

#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: Map<String, Value>,
    pub(super) sent_at_ms: i64,
    pub(super) first_received_at_ms: Option<i64>,
    pub(super) receive_count: u64,
    pub(super) visible_at: Instant,
    pub(super) expires_at: Instant,
    /// The handle of the latest receive, the only one that works.
    pub(super) receipt: Option<String>,
    /// The queue it failed in, once it is a dead letter.
    pub(super) source_queue: Option<String>,
}

impl Message {
    pub(super) fn state(&self, now: Instant) -> MessageState {
        if self.visible_at <= now {
            MessageState::Visible
        } else if self.receipt.is_some() {
            MessageState::InFlight
        } else {
            MessageState::Delayed
        }
    }

    /// The message as `ReceiveMessage` answers it: only with the attributes asked for, as on AWS.
    pub(super) fn to_received(&self, request: &ReceiveMessage) -> Value {
        let system = [
            ("ApproximateReceiveCount", Some(self.receive_count.to_string())),
            ("SentTimestamp", Some(self.sent_at_ms.to_string())),
            ("ApproximateFirstReceiveTimestamp", self.first_received_at_ms.map(|at| at.to_string())),
            ("SenderId", Some("local".to_owned())),
            ("DeadLetterQueueSourceArn", self.source_queue.as_deref().map(super::queue_arn)),
        ];
        let system: Map<String, Value> = system
            .into_iter()
            .filter(|(name, _)| request.wants_system_attribute(name))
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
            .collect();
        let attributes: Map<String, Value> = self
            .attributes
            .iter()
            .filter(|(name, _)| request.wants_attribute(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut received = json!({ "MessageId": self.id, "ReceiptHandle": self.receipt, "Body": self.body });
        if let Some(fields) = received.as_object_mut() {
            if !system.is_empty() {
                fields.insert("Attributes".to_owned(), system.into());
            }
            if !attributes.is_empty() {
                fields.insert("MessageAttributes".to_owned(), attributes.into());
            }
        }
        received
    }
}
