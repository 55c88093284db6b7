//! From an operation's name to the engine's method.

use dynoxide::DynoxideError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::storage::Storage;
use crate::wire::WireResponse;

/// Answers one request. Only the operations that the platform may use exist, and `Scan` for inspection.
pub(super) fn dispatch(storage: &Storage, operation: &str, body: &[u8]) -> WireResponse {
    let outcome = storage.with_engine(|| call(&storage.engine, operation, body));
    match outcome {
        Ok(answer) => {
            if writes_items(operation) {
                storage.note_write();
            }
            WireResponse::ok(answer)
        }
        Err(error) => WireResponse::error(error.status_code(), error.to_json()),
    }
}

fn writes_items(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems")
}

fn call(engine: &dynoxide::Database, operation: &str, body: &[u8]) -> dynoxide::Result<Vec<u8>> {
    match operation {
        "GetItem" => convert(body, |request| engine.get_item(request)),
        "PutItem" => convert(body, |request| engine.put_item(request)),
        "UpdateItem" => convert(body, |request| engine.update_item(request)),
        "DeleteItem" => convert(body, |request| engine.delete_item(request)),
        "Query" => convert(body, |request| engine.query(request)),
        "Scan" => convert(body, |request| engine.scan(request)),
        "BatchGetItem" => convert(body, |request| engine.batch_get_item(request)),
        "BatchWriteItem" => convert(body, |request| engine.batch_write_item(request)),
        "TransactGetItems" => convert(body, |request| engine.transact_get_items(request)),
        "TransactWriteItems" => convert(body, |request| engine.transact_write_items(request)),
        "CreateTable" => convert(body, |request| engine.create_table(request)),
        "DescribeTable" => convert(body, |request| engine.describe_table(request)),
        "ListTables" => convert(body, |request| engine.list_tables(request)),
        "UpdateTimeToLive" => convert(body, |request| engine.update_time_to_live(request)),
        "DescribeTimeToLive" => convert(body, |request| engine.describe_time_to_live(request)),
        "ListStreams" => convert(body, |request| engine.list_streams(request)),
        "DescribeStream" => convert(body, |request| engine.describe_stream(request)),
        "GetShardIterator" => convert(body, |request| engine.get_shard_iterator(request)),
        "GetRecords" => convert(body, |request| engine.get_records(request)),
        other => Err(DynoxideError::ValidationException(format!(
            "the embedded DynamoDB does not offer the operation {other:?}"
        ))),
    }
}

fn convert<Request: DeserializeOwned, Answer: Serialize>(
    body: &[u8],
    method: impl FnOnce(Request) -> dynoxide::Result<Answer>,
) -> dynoxide::Result<Vec<u8>> {
    let request = serde_json::from_slice(body).map_err(|error| refusal(&error.to_string()))?;
    let answer = method(request)?;
    serde_json::to_vec(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The engine's request types mark in the parser's message which DynamoDB error a bad value is (`VALIDATION:…`,
/// `SERIALIZATION_AS_READ:…`); its own server reads the marks with a function it keeps private.
fn refusal(message: &str) -> DynoxideError {
    let unplaced = message.split_once(" at line ").map_or(message, |(text, _)| text);
    match unplaced.split_once(':') {
        Some(("VALIDATION" | "VALIDATION_REQUEST" | "VALIDATION_AS_READ", text)) => {
            DynoxideError::ValidationException(text.to_owned())
        }
        Some(("SERIALIZATION" | "SERIALIZATION_AS_READ", text)) => {
            DynoxideError::SerializationException(text.to_owned())
        }
        _ if unplaced.contains("missing field") || unplaced.contains("AttributeValue") => {
            DynoxideError::ValidationException(unplaced.to_owned())
        }
        _ => DynoxideError::SerializationException(unplaced.to_owned()),
    }
}
