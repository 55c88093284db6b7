//! Sending messages to a queue.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use serde::Serialize;
use shared::sdk_error::describe;

/// The most messages that SQS takes in one request.
const BATCH_LIMIT: usize = 10;

/// A queue to send to; cheap to clone.
#[derive(Clone, Debug)]
pub struct QueueSender {
    client: Client,
    url: String,
}

/// Why messages were not sent.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// A message has no JSON form.
    #[error("a message cannot be written as JSON: {0}")]
    Message(#[from] serde_json::Error),
    /// The queue did not take the one message.
    #[error("the queue did not take the message: {0}")]
    Send(String),
    /// The queue took some messages of several and not others.
    #[error("the queue did not take {} of {total} messages: {reason}", failed.len())]
    Partial {
        /// The places of the messages that were not taken, in the order in which they were given.
        failed: Vec<usize>,
        /// How many were to be sent.
        total: usize,
        /// What the queue said about the first of them.
        reason: String,
    },
}

impl QueueSender {
    /// A sender to the queue at `url`.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Sends one message as JSON.
    ///
    /// # Errors
    /// When the queue does not take it, after the SDK's repeats.
    pub async fn send(&self, message: &impl Serialize) -> Result<(), QueueError> {
        self.send_text(serde_json::to_string(message)?, []).await
    }

    /// Sends a text as it is, with these attributes.
    pub(crate) async fn send_text<const COUNT: usize>(
        &self,
        body: String,
        attributes: [(&str, &str); COUNT],
    ) -> Result<(), QueueError> {
        let mut request = self.client.send_message().queue_url(&self.url).message_body(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            request = request.message_attributes(name, value.map_err(|error| QueueError::Send(error.to_string()))?);
        }
        request.send().await.map_err(|error| QueueError::Send(describe(&error)))?;
        Ok(())
    }

    /// Sends messages as JSON, ten to a request. Every message is tried, also after others were not taken.
    ///
    /// # Errors
    /// When the queue does not take all of them; [`QueueError::Partial`] says which. Nothing is sent if one has no JSON form.
    pub async fn send_all(&self, messages: impl IntoIterator<Item: Serialize>) -> Result<(), QueueError> {
        let bodies =
            messages.into_iter().map(|message| serde_json::to_string(&message)).collect::<Result<Vec<_>, _>>()?;
        let mut failed = Vec::new();
        let mut first_reason = None;
        for (number, chunk) in bodies.chunks(BATCH_LIMIT).enumerate() {
            let offset = number.saturating_mul(BATCH_LIMIT);
            for (place, reason) in self.send_batch(chunk).await {
                failed.push(offset.saturating_add(place));
                first_reason.get_or_insert(reason);
            }
        }
        match first_reason {
            None => Ok(()),
            Some(reason) => Err(QueueError::Partial { failed, total: bodies.len(), reason }),
        }
    }

    /// Sends at most ten messages; the places of those that were not taken, each with the reason.
    async fn send_batch(&self, bodies: &[String]) -> Vec<(usize, String)> {
        let all_failed = |reason: String| (0..bodies.len()).map(|place| (place, reason.clone())).collect::<Vec<_>>();
        let entry = |(place, body): (usize, &String)| {
            SendMessageBatchRequestEntry::builder().id(place.to_string()).message_body(body).build()
        };
        let entries = match bodies.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>() {
            Ok(entries) => entries,
            Err(error) => return all_failed(error.to_string()),
        };
        match self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries)).send().await {
            Err(error) => all_failed(describe(&error)),
            Ok(output) => {
                let failure = |failure: &aws_sdk_sqs::types::BatchResultErrorEntry| {
                    let reason = format!("{}: {}", failure.code(), failure.message().unwrap_or_default());
                    Some((failure.id().parse().ok()?, reason))
                };
                let mut failures = output.failed().iter().filter_map(failure).collect::<Vec<_>>();
                failures.sort_unstable();
                failures
            }
        }
    }
}
