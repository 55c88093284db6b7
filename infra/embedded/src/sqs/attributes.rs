//! A queue's settings, from the attributes it is created with.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::error::SqsError;

/// When a message has been received in vain so often, it moves to the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redrive {
    pub(super) dead_letter_queue: String,
    pub(super) max_receive_count: u64,
}

/// What a queue does when a request says nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) visibility_timeout: Duration,
    pub(super) delay: Duration,
    pub(super) retention: Duration,
    pub(super) receive_wait: Duration,
    pub(super) redrive: Option<Redrive>,
}

impl Settings {
    /// Reads the attributes of `CreateQueue`, with SQS's defaults and bounds. Attributes that change nothing here are kept but not read.
    pub(super) fn from_attributes(attributes: &BTreeMap<String, String>) -> Result<Self, SqsError> {
        const UNREAD: [&str; 5] =
            ["KmsMasterKeyId", "MaximumMessageSize", "Policy", "RedriveAllowPolicy", "SqsManagedSseEnabled"];
        const READ: [&str; 5] = [
            "DelaySeconds",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy",
            "VisibilityTimeout",
        ];
        if let Some(unknown) = attributes.keys().find(|name| !UNREAD.iter().chain(&READ).any(|known| known == name)) {
            return Err(SqsError::InvalidAttributeName(unknown.clone()));
        }
        let seconds = |name: &str, default: u64, least: u64, most: u64| {
            let value = attributes.get(name).map_or(Some(default), |value| value.parse().ok());
            value
                .filter(|value| (least..=most).contains(value))
                .map(Duration::from_secs)
                .ok_or_else(|| SqsError::InvalidAttributeValue(name.to_owned()))
        };
        Ok(Self {
            visibility_timeout: seconds("VisibilityTimeout", 30, 0, 43_200)?,
            delay: seconds("DelaySeconds", 0, 0, 900)?,
            retention: seconds("MessageRetentionPeriod", 345_600, 60, 1_209_600)?,
            receive_wait: seconds("ReceiveMessageWaitTimeSeconds", 0, 0, 20)?,
            redrive: attributes.get("RedrivePolicy").map(|policy| redrive(policy)).transpose()?,
        })
    }

    /// The settings as `GetQueueAttributes` shows them.
    pub(super) fn to_attributes(&self) -> [(&'static str, u64); 4] {
        [
            ("VisibilityTimeout", self.visibility_timeout.as_secs()),
            ("DelaySeconds", self.delay.as_secs()),
            ("MessageRetentionPeriod", self.retention.as_secs()),
            ("ReceiveMessageWaitTimeSeconds", self.receive_wait.as_secs()),
        ]
    }
}

/// Reads a redrive policy, whose count templates spell as a number or as text.
fn redrive(policy: &str) -> Result<Redrive, SqsError> {
    let invalid = || SqsError::InvalidAttributeValue("RedrivePolicy".to_owned());
    let policy: Value = serde_json::from_str(policy).map_err(|_| invalid())?;
    let count = policy.get("maxReceiveCount").ok_or_else(invalid)?;
    let max_receive_count = count.as_u64().or_else(|| count.as_str()?.parse().ok());
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str).and_then(|arn| arn.rsplit(':').next());
    Ok(Redrive {
        dead_letter_queue: target.filter(|name| !name.is_empty()).ok_or_else(invalid)?.to_owned(),
        max_receive_count: max_receive_count.filter(|count| (1..=1000).contains(count)).ok_or_else(invalid)?,
    })
}
