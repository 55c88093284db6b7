//! The answers of a service that fails, as AWS words them.

use bytes::Bytes;
use embedded::WireResponse;
use serde_json::{Value, json};

/// To the SDK a failing server and a lost answer are alike: it may have happened or not.
pub(super) fn server_error() -> WireResponse {
    WireResponse::internal_error("something broke")
}

pub(super) fn throttled(operation: &str) -> WireResponse {
    if operation.starts_with("SendMessage") {
        let body = json!({"__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow down"});
        return WireResponse { query_error: Some("RequestThrottled;Sender".to_owned()), ..error(400, &body) };
    }
    let name = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    error(400, &json!({"__type": name, "message": "slow down"}))
}

/// A transaction cancelled for the sake of its first item.
pub(super) fn cancelled(body: &[u8], code: &str) -> WireResponse {
    let count = read(body)["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({"Code": "None"}); count];
    reasons[0] = json!({"Code": code, "Message": "try again"});
    error(
        400,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{code}]"),
            "CancellationReasons": reasons,
        }),
    )
}

/// No key of a batch read.
pub(super) fn unprocessed(body: &[u8]) -> WireResponse {
    WireResponse::ok(json!({"Responses": {}, "UnprocessedKeys": read(body)["RequestItems"]}).to_string())
}

/// A batch read split in two: the request for the first keys, and what is left of each table.
pub(super) fn half_of_the_keys(body: &[u8]) -> (Bytes, Value) {
    let (mut asked, mut left) = (read(body), json!({}));
    for (table, request) in asked["RequestItems"].as_object_mut().into_iter().flatten() {
        let keys = request["Keys"].as_array().cloned().unwrap_or_default();
        let (first, rest) = keys.split_at(keys.len().div_ceil(2));
        if !rest.is_empty() {
            left[table] = request.clone();
            left[table]["Keys"] = json!(rest);
        }
        request["Keys"] = json!(first);
    }
    (asked.to_string().into(), left)
}

pub(super) fn with_unprocessed(response: WireResponse, left: &Value) -> WireResponse {
    changed(response, |answer| answer["UnprocessedKeys"] = left.clone())
}

/// A batch of messages split in two: the request for the first half, and the rest as failures.
pub(super) fn half_of_the_messages(body: &[u8]) -> (Bytes, Vec<Value>) {
    let mut sent = read(body);
    let entries = sent["Entries"].as_array().cloned().unwrap_or_default();
    let (first, rest) = entries.split_at(entries.len().div_ceil(2));
    sent["Entries"] = json!(first);
    let failure = |entry: &Value| json!({"Id": entry["Id"], "SenderFault": false, "Code": "InternalError", "Message": "try again"});
    (sent.to_string().into(), rest.iter().map(failure).collect())
}

pub(super) fn with_failed(response: WireResponse, failed: Vec<Value>) -> WireResponse {
    changed(response, |answer| {
        let mut all = answer["Failed"].as_array().cloned().unwrap_or_default();
        all.extend(failed);
        answer["Failed"] = json!(all);
    })
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("the SDK sends JSON")
}

fn error(status: u16, body: &Value) -> WireResponse {
    WireResponse::error(status, body.to_string())
}

/// An answer with something changed in it; failures stay as they are.
fn changed(response: WireResponse, change: impl FnOnce(&mut Value)) -> WireResponse {
    if response.status != 200 {
        return response;
    }
    let mut answer = read(&response.body);
    change(&mut answer);
    WireResponse::ok(answer.to_string())
}
