use std::sync::Mutex;

use serde_json::{Value, json};

use crate::{DynamoDbEventResponse, EventRecord, StreamEvent, handle_stream};

fn event(count: u32) -> StreamEvent {
    let record = |number: u32| {
        json!({
            "eventID": format!("e{number}"), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "eu-west-1", "eventSourceARN": "arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/s",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_767_225_600, "SequenceNumber": format!("{number}00"), "SizeBytes": 9,
                "StreamViewType": "NEW_AND_OLD_IMAGES", "Keys": { "pk": { "S": "p" }, "sk": { "S": "s" } },
                "NewImage": { "pk": { "S": "p" }, "sk": { "S": "s" }, "number": { "N": number.to_string() } },
            },
        })
    };
    serde_json::from_value(json!({ "Records": (0..count).map(record).collect::<Vec<_>>() })).unwrap()
}

fn failed(response: DynamoDbEventResponse) -> Value {
    serde_json::to_value(response).unwrap()
}

/// Works off five records of which the third goes wrong as `fault` says: what was done, and the answer.
async fn run(fault: fn() -> Result<(), String>) -> (Vec<String>, Value) {
    let done = Mutex::new(Vec::new());
    let response = handle_stream(event(5), async |record: EventRecord| {
        if record.event_id == "e2" {
            fault()?;
        }
        done.lock().unwrap().push(record.event_id);
        Ok::<_, String>(())
    })
    .await;
    (done.into_inner().unwrap(), failed(response))
}

#[tokio::test]
async fn the_first_failure_is_where_lambda_begins_again() {
    let (done, answer) = run(|| Err("throttled".to_owned())).await;
    assert_eq!(done, ["e0", "e1"]);
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "200" }] }));
}

#[tokio::test]
async fn a_panic_is_a_failure() {
    let (done, answer) = run(|| panic!("a fault of ours")).await;
    assert_eq!(done, ["e0", "e1"]);
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "200" }] }));
}

#[tokio::test]
async fn a_whole_batch_in_order_fails_nothing() {
    let (done, answer) = run(|| Ok(())).await;
    assert_eq!(done, ["e0", "e1", "e2", "e3", "e4"]);
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
}
