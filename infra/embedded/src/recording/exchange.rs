//! What is kept of an exchange.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::identifiers::Identifiers;
use super::request::Service;
use crate::wire::WireResponse;

/// What IAM is asked: may this action be done on this resource?
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The action, such as `dynamodb:PutItem`.
    pub action: String,
    /// The resource's ARN: a table's, `…/index/<name>` of one, or a queue's.
    pub resource: String,
}

/// One request to DynamoDB or SQS and how it ended.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Who was asked.
    pub service: Service,
    /// The operation, such as `TransactWriteItems`.
    pub operation: String,
    /// How many items the request names by their keys, or messages; 1 for a query, which names a partition.
    pub keys: usize,
    /// The rights that the request needs.
    pub rights: BTreeSet<Right>,
    /// The error's code, if it failed or was refused; `Abandoned` if nobody waited for its end.
    pub error: Option<String>,
    /// Whether the function's policy did not allow it.
    pub denied: bool,
    /// When it began.
    pub began: Instant,
    /// How long it took.
    pub duration: Duration,
    /// The request's length.
    pub request_bytes: usize,
    /// The answer's length.
    pub response_bytes: usize,
    /// What the items that it writes belong to, as far as they say so.
    pub correlation_ids: BTreeSet<String>,
    /// The messages that were sent, or were to be.
    pub sent: Vec<SentMessage>,
}

/// A message to a queue, without its body.
#[derive(Clone, Debug)]
pub struct SentMessage {
    /// The queue's name.
    pub queue: String,
    /// The message's id, if the queue took it.
    pub message_id: Option<String>,
    /// The identifiers in its body.
    pub identifiers: Identifiers,
}

/// What a scope recorded.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The exchanges, in the order in which they ended.
    pub exchanges: Vec<Exchange>,
    /// How many more there were.
    pub left_out: usize,
    /// The rights that all of them needed, whether they had them or not.
    pub rights: BTreeSet<Right>,
}

/// How an exchange ended.
pub(super) struct Ending {
    pub(super) error: Option<String>,
    pub(super) denied: bool,
    pub(super) response_bytes: usize,
}

impl Ending {
    pub(super) fn of(response: &WireResponse, denied: bool) -> Self {
        let error = (response.status != 200).then(|| code(response));
        Self { error, denied, response_bytes: response.body.len() }
    }

    /// Nobody waited for the answer.
    pub(super) fn abandoned() -> Self {
        Self { error: Some("Abandoned".to_owned()), denied: false, response_bytes: 0 }
    }
}

/// The error's code: SDKs look for the header of the query protocol first, then for the type in the body.
fn code(response: &WireResponse) -> String {
    if let Some((code, _)) = response.query_error.as_deref().and_then(|error| error.split_once(';')) {
        return code.to_owned();
    }
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let kind = body.get("__type").and_then(Value::as_str).unwrap_or_default();
    match kind.rsplit('#').next() {
        Some(code) if !code.is_empty() => code.to_owned(),
        _ => response.status.to_string(),
    }
}
