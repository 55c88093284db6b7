//! The requests of SQS's JSON protocol, as far as the platform's queues need them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::SqsError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateQueue {
    pub(super) queue_name: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueUrl {
    pub(super) queue_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueAttributes {
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessage {
    pub(super) message_body: String,
    pub(super) delay_seconds: Option<u64>,
    #[serde(default)]
    pub(super) message_attributes: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReceiveMessage {
    #[serde(default = "one")]
    pub(super) max_number_of_messages: u64,
    pub(super) visibility_timeout: Option<u64>,
    pub(super) wait_time_seconds: Option<u64>,
    #[serde(default)]
    pub(super) message_attribute_names: Vec<String>,
    /// The system attributes wanted, under their newer and their older name.
    #[serde(default)]
    pub(super) message_system_attribute_names: Vec<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

impl ReceiveMessage {
    pub(super) fn wants_system_attribute(&self, name: &str) -> bool {
        self.message_system_attribute_names.iter().chain(&self.attribute_names).any(|wanted| matches(wanted, name))
    }

    pub(super) fn wants_attribute(&self, name: &str) -> bool {
        self.message_attribute_names.iter().any(|wanted| matches(wanted, name))
    }
}

/// Whether a list's entry asks for `name`: by its name, a prefix (`trace.*`) or `All`.
fn matches(wanted: &str, name: &str) -> bool {
    wanted == "All" || wanted == name || wanted.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
}

fn one() -> u64 {
    1
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteMessage {
    pub(super) receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeMessageVisibility {
    pub(super) receipt_handle: String,
    pub(super) visibility_timeout: u64,
}

/// Several requests of one kind, each answered by itself.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<T> {
    #[serde(default = "Vec::new")]
    pub(super) entries: Vec<BatchEntry<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchEntry<T> {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) request: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueUrl {
    queue_url: String,
}

/// The queue that a request names; any host may stand before the path.
pub(super) fn queue_name(body: &[u8]) -> Result<String, SqsError> {
    let QueueUrl { queue_url } = parse(body)?;
    Ok(queue_url.rsplit('/').next().unwrap_or_default().to_owned())
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        if message.starts_with("missing field") {
            SqsError::MissingParameter(format!("The request must contain the parameter: {message}"))
        } else {
            SqsError::InvalidParameterValue(message)
        }
    })
}

/// A number of a request, within what SQS allows.
pub(super) fn within(name: &str, value: u64, least: u64, most: u64) -> Result<u64, SqsError> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(SqsError::InvalidParameterValue(format!(
            "Value {value} for parameter {name} is invalid: {least} to {most}."
        )))
    }
}
