//! What a request on the wire asks for: which rights it needs, and of how many things it speaks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::identifiers::{Identifiers, is_identifier};
use super::{Right, SentMessage};
use crate::sqs::queue_arn;
use crate::template::{Policy, table_arn};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// DynamoDB.
    DynamoDb,
    /// SQS.
    Sqs,
}

/// A right that a request needs, with what conditions of policies look at.
#[derive(Debug)]
pub(crate) struct Demand {
    pub(crate) right: Right,
    /// The partition keys of what it touches (`dynamodb:LeadingKeys`); `None` where it names none.
    pub(crate) leading_keys: Option<BTreeSet<String>>,
}

/// A request as far as it is recorded.
pub(super) struct WireRequest {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) demands: Vec<Demand>,
    pub(super) keys: usize,
    pub(super) correlation_ids: BTreeSet<String>,
    pub(super) messages: Vec<SentMessage>,
    /// Whether it sends messages, whose ids the answer tells.
    pub(super) sends: bool,
}

impl WireRequest {
    /// Reads a request, leniently: what cannot be read asks for no resource that there is, and the service refuses it.
    pub(super) fn read(target: &str, body: &[u8], policy: Option<&Policy>) -> Self {
        let (service, operation) = target.split_once('.').unwrap_or_default();
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        if service == "AmazonSQS" { of_sqs(operation, &body) } else { of_dynamodb(operation, &body, policy) }
    }

    /// Notes the ids that the queue gave to the messages it took; a batch names them by their place.
    pub(super) fn note_message_ids(&mut self, answer: &[u8]) {
        let answer = serde_json::from_slice::<Value>(answer).unwrap_or_default();
        if let (Some(id), [message]) = (text(&answer, "MessageId"), self.messages.as_mut_slice()) {
            message.message_id = Some(id.to_owned());
        }
        for taken in list(&answer, "Successful") {
            let place = text(taken, "Id").and_then(|id| id.parse::<usize>().ok());
            if let Some(message) = place.and_then(|place| self.messages.get_mut(place)) {
                message.message_id = text(taken, "MessageId").map(str::to_owned);
            }
        }
    }
}

fn of_sqs(operation: &str, body: &Value) -> WireRequest {
    let queue = text(body, "QueueUrl").and_then(|url| url.rsplit('/').next()).or_else(|| text(body, "QueueName"));
    let queue = queue.unwrap_or_default();
    // There are no rights to batches: each is a right to what it does several times.
    let action = format!("sqs:{}", operation.strip_suffix("Batch").unwrap_or(operation));
    let entries = list(body, "Entries").count();
    let sends = operation.starts_with("SendMessage");
    let bodies = list(body, "Entries").chain([body]).filter_map(|message| text(message, "MessageBody"));
    let message =
        |body| SentMessage { queue: queue.to_owned(), message_id: None, identifiers: Identifiers::of_body(body) };
    WireRequest {
        service: Service::Sqs,
        operation: operation.to_owned(),
        demands: vec![Demand { right: Right { action, resource: queue_arn(queue) }, leading_keys: None }],
        keys: entries.max(1),
        correlation_ids: BTreeSet::new(),
        messages: bodies.map(message).collect(),
        sends,
    }
}

fn of_dynamodb(operation: &str, body: &Value, policy: Option<&Policy>) -> WireRequest {
    let demands = match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            // There is no right to a transaction: its parts need theirs.
            list(body, "TransactItems").filter_map(|part| part_of_transaction(part, policy)).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
            tables.map(|(table, request)| part_of_batch(operation, table, request, policy)).collect()
        }
        "Query" | "Scan" => vec![of_query(operation, body, policy)],
        _ => vec![of_item(operation, body, policy)],
    };
    let keys = match operation {
        "TransactWriteItems" | "TransactGetItems" => demands.len(),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
            tables.map(|(_, request)| items_of_batch(request).count()).sum()
        }
        _ => 1,
    };
    WireRequest {
        service: Service::DynamoDb,
        operation: operation.to_owned(),
        demands,
        keys,
        correlation_ids: put_items(body).filter_map(correlation_of).collect(),
        messages: Vec::new(),
        sends: false,
    }
}

/// The items that are written whole.
fn put_items(body: &Value) -> impl Iterator<Item = &Value> {
    let in_transaction = list(body, "TransactItems").filter_map(|part| part.get("Put")?.get("Item"));
    body.get("Item").into_iter().chain(in_transaction)
}

/// What an item says of itself that it belongs to, as events do.
fn correlation_of(item: &Value) -> Option<String> {
    text(item.get("correlationId")?, "S").filter(|id| is_identifier(id)).map(str::to_owned)
}

/// An operation on one item, which names it by `Key`, or by the whole `Item`.
fn of_item(operation: &str, body: &Value, policy: Option<&Policy>) -> Demand {
    let resource = table_arn(table_name(body));
    let key = body.get("Key").or_else(|| body.get("Item"));
    demand(operation, resource, key.into_iter(), policy)
}

fn part_of_transaction(part: &Value, policy: Option<&Policy>) -> Option<Demand> {
    let (name, request) = part.as_object()?.iter().next()?;
    let action = match name.as_str() {
        "ConditionCheck" => "ConditionCheckItem".to_owned(),
        name => format!("{name}Item"),
    };
    Some(of_item(&action, request, policy))
}

fn part_of_batch(operation: &str, table: &str, request: &Value, policy: Option<&Policy>) -> Demand {
    demand(operation, table_arn(table), items_of_batch(request), policy)
}

/// The keys or items of one table in a batch.
fn items_of_batch(request: &Value) -> impl Iterator<Item = &Value> {
    let writes = request.as_array().into_iter().flatten().filter_map(|write| {
        let put = write.get("PutRequest").and_then(|put| put.get("Item"));
        put.or_else(|| write.get("DeleteRequest").and_then(|delete| delete.get("Key")))
    });
    list(request, "Keys").chain(writes)
}

fn of_query(operation: &str, body: &Value, policy: Option<&Policy>) -> Demand {
    let table = table_arn(table_name(body));
    let resource = text(body, "IndexName").map_or_else(|| table.clone(), |index| format!("{table}/index/{index}"));
    let attribute = policy.and_then(|policy| policy.partition_key(&resource));
    let leading_key = attribute.and_then(|attribute| partition_of(body, attribute));
    let right = Right { action: format!("dynamodb:{operation}"), resource };
    Demand { right, leading_keys: leading_key.map(|key| BTreeSet::from([key])) }
}

fn demand<'a>(
    operation: &str,
    resource: String,
    items: impl Iterator<Item = &'a Value>,
    policy: Option<&Policy>,
) -> Demand {
    let attribute = policy.and_then(|policy| policy.partition_key(&resource));
    // One item without a readable key, and the whole has none: a condition on keys must not be met by what it does not see.
    let key = |item: &'a Value| attribute.and_then(|attribute| key_text(item.get(attribute)?));
    let leading_keys = items.map(key).collect::<Option<BTreeSet<_>>>().filter(|keys| !keys.is_empty());
    Demand { right: Right { action: format!("dynamodb:{operation}"), resource }, leading_keys }
}

/// The partition that a query asks for: what its key condition says the attribute is equal to.
fn partition_of(body: &Value, attribute: &str) -> Option<String> {
    let named = |name: &str| {
        let names = body.get("ExpressionAttributeNames").and_then(Value::as_object);
        names.and_then(|names| names.get(name)?.as_str()).unwrap_or(name).to_owned()
    };
    let expression = text(body, "KeyConditionExpression")?.replace(['(', ')'], " ").replace('=', " = ");
    let words = expression.split_whitespace().collect::<Vec<_>>();
    let value = words.windows(3).find_map(|window| match window {
        [left, "=", right] if named(left) == attribute => Some(*right),
        _ => None,
    })?;
    key_text(body.get("ExpressionAttributeValues")?.get(value)?)
}

/// A key's value as policies compare it. Partition keys of the platform are texts.
fn key_text(value: &Value) -> Option<String> {
    text(value, "S").map(str::to_owned)
}

fn table_name(body: &Value) -> &str {
    let name = text(body, "TableName").unwrap_or_default();
    // A table may be named by its ARN.
    name.rsplit('/').next().unwrap_or(name)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}
