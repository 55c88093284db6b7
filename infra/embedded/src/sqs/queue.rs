//! The queues and the moves of their messages, each at an instant that the caller gives.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::attributes::Settings;
use super::error::SqsError;
use super::message::{Message, MessageState};
use super::requests::{ChangeMessageVisibility, DeleteMessage, ReceiveMessage, SendMessage, within};

/// The largest body, and the largest sum of a batch's bodies.
pub(super) const MAX_BODY_BYTES: usize = 1_048_576;

/// All queues by name.
#[derive(Debug, Default)]
pub(super) struct Queues {
    pub(super) by_name: BTreeMap<String, Queue>,
    /// Numbers messages across queues, so that a dead letter keeps its place.
    last_number: u64,
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) settings: Settings,
    pub(super) attributes: BTreeMap<String, String>,
    /// By number, which is the order in which they are received.
    pub(super) messages: BTreeMap<u64, Message>,
}

/// What a receive found.
pub(super) struct Received {
    pub(super) messages: Vec<Value>,
    /// When the next message becomes visible, if none was.
    pub(super) next_visible_at: Option<Instant>,
    /// How long the queue has receivers wait unless they say otherwise.
    pub(super) default_wait: Duration,
}

impl Queues {
    pub(super) fn create(&mut self, name: String, attributes: BTreeMap<String, String>) -> Result<(), SqsError> {
        let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        if name.is_empty() || name.len() > 80 || !name.chars().all(is_word) {
            return Err(SqsError::InvalidParameterValue(
                "A standard queue's name has 1 to 80 letters, digits, hyphens and underscores.".to_owned(),
            ));
        }
        if let Some(queue) = self.by_name.get(&name) {
            let differing = attributes.iter().find(|(name, value)| queue.attributes.get(*name) != Some(value));
            return differing.map_or(Ok(()), |(name, _)| Err(SqsError::QueueNameExists(name.clone())));
        }
        let settings = Settings::from_attributes(&attributes)?;
        self.by_name.insert(name, Queue { settings, attributes, messages: BTreeMap::new() });
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Result<&Queue, SqsError> {
        self.by_name.get(name).ok_or(SqsError::QueueDoesNotExist)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Result<&mut Queue, SqsError> {
        self.by_name.get_mut(name).ok_or(SqsError::QueueDoesNotExist)
    }

    pub(super) fn send(
        &mut self,
        name: &str,
        request: SendMessage,
        now: Instant,
        now_ms: i64,
    ) -> Result<Value, SqsError> {
        let number = self.last_number + 1;
        let queue = self.get_mut(name)?;
        if request.message_body.is_empty() {
            return Err(SqsError::MissingParameter("The request must contain the parameter MessageBody.".to_owned()));
        }
        if request.message_body.len() > MAX_BODY_BYTES {
            return Err(SqsError::InvalidParameterValue("Message must be shorter than 1048576 bytes.".to_owned()));
        }
        let delay = match request.delay_seconds {
            Some(seconds) => Duration::from_secs(within("DelaySeconds", seconds, 0, 900)?),
            None => queue.settings.delay,
        };
        let message = Message {
            id: format!("00000000-0000-4000-8000-{number:012x}"),
            body: request.message_body,
            attributes: request.message_attributes,
            sent_at_ms: now_ms,
            first_received_at_ms: None,
            receive_count: 0,
            visible_at: now + delay,
            expires_at: now + queue.settings.retention,
            receipt: None,
            source_queue: None,
        };
        let answer = json!({ "MessageId": message.id });
        queue.messages.insert(number, message);
        self.last_number = number;
        Ok(answer)
    }

    pub(super) fn receive(
        &mut self,
        name: &str,
        request: &ReceiveMessage,
        now: Instant,
        now_ms: i64,
    ) -> Result<Received, SqsError> {
        let limit = within("MaxNumberOfMessages", request.max_number_of_messages, 1, 10)?;
        let timeout = request.visibility_timeout.map(|seconds| within("VisibilityTimeout", seconds, 0, 43_200));
        let timeout = timeout.transpose()?.map(Duration::from_secs);
        self.settle(now);
        let queue = self.get_mut(name)?;
        let timeout = timeout.unwrap_or(queue.settings.visibility_timeout);
        let mut received =
            Received { messages: Vec::new(), next_visible_at: None, default_wait: queue.settings.receive_wait };
        for (number, message) in &mut queue.messages {
            if received.messages.len() as u64 == limit {
                break;
            }
            if message.visible_at > now {
                received.next_visible_at =
                    Some(received.next_visible_at.map_or(message.visible_at, |at| at.min(message.visible_at)));
                continue;
            }
            message.receive_count += 1;
            message.first_received_at_ms.get_or_insert(now_ms);
            message.visible_at = now + timeout;
            message.receipt = Some(format!("{number}-{}", message.receive_count));
            received.messages.push(message.to_received(request));
        }
        Ok(received)
    }

    /// Drops what is past its retention and moves what has been received too often, in every queue. A dead letter keeps its age
    /// and its count.
    pub(super) fn settle(&mut self, now: Instant) {
        let mut dead_letters = Vec::new();
        for (name, queue) in &mut self.by_name {
            queue.messages.retain(|_, message| message.expires_at > now);
            let Some(redrive) = &queue.settings.redrive else { continue };
            let is_exhausted = |message: &Message| {
                message.receive_count >= redrive.max_receive_count && message.state(now) == MessageState::Visible
            };
            for (number, mut message) in queue.messages.extract_if(.., |_, message| is_exhausted(message)) {
                message.source_queue = Some(name.clone());
                dead_letters.push((redrive.dead_letter_queue.clone(), number, message));
            }
        }
        for (target, number, mut message) in dead_letters {
            let source = message.source_queue.clone().unwrap_or_default();
            // Without its dead-letter queue, a message stays where it is and is received on, as on AWS.
            if let Some(queue) = self.by_name.get_mut(&target) {
                message.receipt = None;
                queue.messages.insert(number, message);
            } else if let Some(queue) = self.by_name.get_mut(&source) {
                message.source_queue = None;
                queue.messages.insert(number, message);
            }
        }
    }
}

impl Queue {
    /// Deletes the message that a handle names. A handle that a later receive replaced deletes nothing, without an error.
    pub(super) fn delete(&mut self, request: &DeleteMessage) -> Result<(), SqsError> {
        let number = number_of(&request.receipt_handle)?;
        let is_current = |message: &Message| message.receipt.as_ref() == Some(&request.receipt_handle);
        if self.messages.get(&number).is_some_and(is_current) {
            self.messages.remove(&number);
        }
        Ok(())
    }

    /// Gives a received message a new time-out from now on; zero makes it visible at once.
    pub(super) fn change_visibility(
        &mut self,
        request: &ChangeMessageVisibility,
        now: Instant,
    ) -> Result<(), SqsError> {
        let timeout = within("VisibilityTimeout", request.visibility_timeout, 0, 43_200)?;
        let number = number_of(&request.receipt_handle)?;
        let message = self.messages.get_mut(&number).ok_or(SqsError::ReceiptHandleIsInvalid)?;
        if message.receipt.as_ref() != Some(&request.receipt_handle) || message.state(now) != MessageState::InFlight {
            return Err(SqsError::MessageNotInflight);
        }
        message.visible_at = now + Duration::from_secs(timeout);
        Ok(())
    }

    /// How many messages are visible, in flight and delayed.
    pub(super) fn depth(&self, now: Instant) -> (usize, usize, usize) {
        self.messages.values().fold((0, 0, 0), |(visible, in_flight, delayed), message| match message.state(now) {
            MessageState::Visible => (visible + 1, in_flight, delayed),
            MessageState::InFlight => (visible, in_flight + 1, delayed),
            MessageState::Delayed => (visible, in_flight, delayed + 1),
        })
    }
}

/// The message's number in a handle, which is `<number>-<receive>`.
fn number_of(receipt_handle: &str) -> Result<u64, SqsError> {
    let number = receipt_handle.split_once('-').and_then(|(number, _)| number.parse().ok());
    number.ok_or(SqsError::ReceiptHandleIsInvalid)
}
