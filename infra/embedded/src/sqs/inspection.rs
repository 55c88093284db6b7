//! A look at the queues that changes nothing, for tests and the local pages.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::EmbeddedSqs;
use super::message::MessageState;

/// How many messages a queue holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// The queue's name.
    pub queue: String,
    /// Messages that a receive would get now.
    pub visible: usize,
    /// Messages received and neither deleted nor timed out.
    pub in_flight: usize,
    /// Messages whose delay still runs.
    pub delayed: usize,
    /// Whether another queue sends its dead letters here.
    pub is_dead_letter_queue: bool,
}

impl QueueDepth {
    /// All messages, in whatever state.
    pub fn total(&self) -> usize {
        self.visible + self.in_flight + self.delayed
    }
}

/// A message as it lies in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// The queue it lies in.
    pub queue: String,
    /// The queue it failed in, for a dead letter.
    pub source_queue: Option<String>,
    /// SQS's identifier of the message.
    pub message_id: String,
    /// The body as sent.
    pub body: String,
    /// When it was sent, in milliseconds since 1970.
    pub sent_at_ms: i64,
    /// How often it was received, from whichever queue.
    pub receive_count: u64,
}

impl EmbeddedSqs {
    /// Every queue with its number of messages, by name.
    pub fn depths(&self) -> Vec<QueueDepth> {
        let now = Instant::now();
        let mut queues = self.queues();
        queues.settle(now);
        let redrives = queues.by_name.values().filter_map(|queue| queue.settings.redrive.as_ref());
        let targets: BTreeSet<&str> = redrives.map(|redrive| redrive.dead_letter_queue.as_str()).collect();
        let depth = |(name, queue): (&String, &super::queue::Queue)| {
            let (visible, in_flight, delayed) = queue.depth(now);
            let is_dead_letter_queue = targets.contains(name.as_str());
            QueueDepth { queue: name.clone(), visible, in_flight, delayed, is_dead_letter_queue }
        };
        queues.by_name.iter().map(depth).collect()
    }

    /// The messages of one queue in the order of their sending; none when there is no such queue.
    pub fn messages(&self, queue: &str) -> Vec<MessageView> {
        self.views(|view| view.queue == queue)
    }

    /// The messages that failed so often that they moved to a dead-letter queue, by queue and in the order of their sending.
    pub fn dead_letters(&self) -> Vec<MessageView> {
        self.views(|view| view.source_queue.is_some())
    }

    /// When the next message that is in flight or delayed becomes visible, on tokio's clock. A test that drains the queues moves its
    /// clock there.
    pub fn next_visible_at(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut queues = self.queues();
        queues.settle(now);
        let messages = queues.by_name.values().flat_map(|queue| queue.messages.values());
        messages.filter(|message| message.state(now) != MessageState::Visible).map(|message| message.visible_at).min()
    }

    fn views(&self, wanted: impl Fn(&MessageView) -> bool) -> Vec<MessageView> {
        let mut queues = self.queues();
        queues.settle(Instant::now());
        let messages = queues.by_name.iter().flat_map(|(name, queue)| {
            queue.messages.values().map(|message| MessageView {
                queue: name.clone(),
                source_queue: message.source_queue.clone(),
                message_id: message.id.clone(),
                body: message.body.clone(),
                sent_at_ms: message.sent_at_ms,
                receive_count: message.receive_count,
            })
        });
        messages.filter(wanted).collect()
    }
}
