//! From an operation's name and JSON to the queues, and the long poll.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::SqsError;
use super::queue::{MAX_BODY_BYTES, Queues};
use super::requests::{
    Batch, ChangeMessageVisibility, CreateQueue, DeleteMessage, GetQueueAttributes, GetQueueUrl, ReceiveMessage,
    SendMessage, parse, queue_name, within,
};
use super::{EmbeddedSqs, queue_arn};

/// The most entries of a batch.
const MAX_ENTRIES: usize = 10;

impl EmbeddedSqs {
    pub(super) async fn call(&self, operation: &str, body: &[u8]) -> Result<Value, SqsError> {
        if operation == "ReceiveMessage" {
            return self.receive(&queue_name(body)?, &parse(body)?).await;
        }
        let answer = self.call_at_once(operation, body)?;
        self.shared.changed.notify_waiters();
        Ok(answer)
    }

    fn call_at_once(&self, operation: &str, body: &[u8]) -> Result<Value, SqsError> {
        let (now, now_ms) = (Instant::now(), self.now_ms());
        let mut queues = self.queues();
        match operation {
            "CreateQueue" => {
                let request: CreateQueue = parse(body)?;
                let url = self.queue_url(&request.queue_name);
                queues.create(request.queue_name, request.attributes)?;
                Ok(json!({ "QueueUrl": url }))
            }
            "GetQueueUrl" => {
                let request: GetQueueUrl = parse(body)?;
                queues.get(&request.queue_name)?;
                Ok(json!({ "QueueUrl": self.queue_url(&request.queue_name) }))
            }
            "GetQueueAttributes" => attributes(&mut queues, &queue_name(body)?, &parse(body)?, now),
            "PurgeQueue" => {
                queues.get_mut(&queue_name(body)?)?.messages.clear();
                Ok(json!({}))
            }
            "SendMessage" => queues.send(&queue_name(body)?, parse(body)?, now, now_ms),
            "SendMessageBatch" => {
                let name = queue_name(body)?;
                let batch: Batch<SendMessage> = parse(body)?;
                let bytes: usize = batch.entries.iter().map(|entry| entry.request.message_body.len()).sum();
                if bytes > MAX_BODY_BYTES {
                    return Err(SqsError::BatchRequestTooLong);
                }
                answer_each(batch, |request| queues.send(&name, request, now, now_ms))
            }
            "DeleteMessage" => {
                queues.get_mut(&queue_name(body)?)?.delete(&parse(body)?)?;
                Ok(json!({}))
            }
            "DeleteMessageBatch" => {
                let queue = queues.get_mut(&queue_name(body)?)?;
                answer_each(parse(body)?, |request: DeleteMessage| queue.delete(&request).map(|()| json!({})))
            }
            "ChangeMessageVisibility" => {
                queues.get_mut(&queue_name(body)?)?.change_visibility(&parse(body)?, now)?;
                Ok(json!({}))
            }
            "ChangeMessageVisibilityBatch" => {
                let queue = queues.get_mut(&queue_name(body)?)?;
                answer_each(parse(body)?, |request: ChangeMessageVisibility| {
                    queue.change_visibility(&request, now).map(|()| json!({}))
                })
            }
            other => Err(SqsError::UnsupportedOperation(other.to_owned())),
        }
    }

    /// Answers as soon as there is a message, at the latest after the wait: a change of any queue or the next message's time wakes it.
    async fn receive(&self, name: &str, request: &ReceiveMessage) -> Result<Value, SqsError> {
        let asked_wait =
            request.wait_time_seconds.map(|seconds| within("WaitTimeSeconds", seconds, 0, 20)).transpose()?;
        let start = Instant::now();
        loop {
            let mut changed = std::pin::pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            let now = Instant::now();
            let received = self.queues().receive(name, request, now, self.now_ms())?;
            if !received.messages.is_empty() {
                return Ok(json!({ "Messages": received.messages }));
            }
            let deadline = start + asked_wait.map_or(received.default_wait, Duration::from_secs);
            if now >= deadline {
                return Ok(json!({}));
            }
            let wake_at = received.next_visible_at.map_or(deadline, |at| at.min(deadline));
            // Whichever came first, the queue is looked at anew.
            let _ = tokio::time::timeout_at(wake_at, changed).await;
        }
    }
}

fn attributes(queues: &mut Queues, name: &str, request: &GetQueueAttributes, now: Instant) -> Result<Value, SqsError> {
    queues.settle(now);
    let queue = queues.get(name)?;
    let (visible, in_flight, delayed) = queue.depth(now);
    let mut attributes = queue.attributes.clone();
    attributes.extend(queue.settings.to_attributes().map(|(name, value)| (name.to_owned(), value.to_string())));
    attributes.extend([
        ("QueueArn".to_owned(), queue_arn(name)),
        ("ApproximateNumberOfMessages".to_owned(), visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible".to_owned(), in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed".to_owned(), delayed.to_string()),
    ]);
    let wanted = &request.attribute_names;
    let wanted: BTreeMap<String, String> =
        attributes.into_iter().filter(|(name, _)| wanted.iter().any(|asked| asked == "All" || asked == name)).collect();
    Ok(json!({ "Attributes": wanted }))
}

/// Answers each entry of a batch by itself; only a malformed batch fails whole.
fn answer_each<T: DeserializeOwned>(
    batch: Batch<T>,
    mut answer: impl FnMut(T) -> Result<Value, SqsError>,
) -> Result<Value, SqsError> {
    if batch.entries.is_empty() {
        return Err(SqsError::EmptyBatchRequest);
    }
    if batch.entries.len() > MAX_ENTRIES {
        return Err(SqsError::TooManyEntriesInBatchRequest);
    }
    let ids: BTreeSet<&str> = batch.entries.iter().map(|entry| entry.id.as_str()).collect();
    if ids.len() != batch.entries.len() {
        return Err(SqsError::BatchEntryIdsNotDistinct);
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in batch.entries {
        match answer(entry.request) {
            Ok(mut success) => {
                if let Some(fields) = success.as_object_mut() {
                    fields.insert("Id".to_owned(), entry.id.into());
                }
                successful.push(success);
            }
            Err(error @ SqsError::QueueDoesNotExist) => return Err(error),
            Err(error) => failed.push(error.into_batch_entry(&entry.id)),
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}
