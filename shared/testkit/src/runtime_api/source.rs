//! The events by which a queue, a schedule and a table's stream invoke a function.

use embedded::sqs::queue_arn;
use embedded::{ACCOUNT, REGION, StreamRecord};
use serde_json::{Value, json};
use shared::clock::Timestamp;

use super::documented::{QUEUE, SCHEDULE, STREAM_EXPIRY, STREAM_INSERT, STREAM_MODIFY, STREAM_REMOVE, documented};

/// The event of these messages of a queue, whose identifiers are `m0`, `m1` and so on, each received for the first time.
pub fn queue_event(queue: &str, bodies: &[String]) -> Value {
    let shape = documented(QUEUE)["Records"][0].take();
    let record = |(number, body): (usize, &String)| {
        let mut record = shape.clone();
        record["messageId"] = format!("m{number}").into();
        record["receiptHandle"] = format!("r{number}").into();
        record["body"] = body.as_str().into();
        record["md5OfBody"] = format!("{:x}", md5::compute(body)).into();
        record["eventSourceARN"] = queue_arn(queue).into();
        record
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// The event of an occasion of this function's schedule. Trying it again sends the same event again.
pub fn schedule_event(function: &str, time: Timestamp) -> Value {
    let mut event = documented(SCHEDULE);
    // Whole seconds, as the scheduler writes them.
    event["time"] = format!("{}Z", time.to_string().get(..19).expect("a time has its seconds")).into();
    event["resources"] =
        json!([format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/groundwork-local-{function}")]);
    event
}

/// The event of these changes, in the shape that Lambda gives them.
pub fn stream_event(records: &[StreamRecord]) -> Value {
    json!({ "Records": records.iter().map(stream_record).collect::<Vec<_>>() })
}

/// A change as Lambda gives it: the documented shape of its kind with this change's own values.
pub fn stream_record(record: &StreamRecord) -> Value {
    let shape = match (record.event_name(), record.is_expiry()) {
        ("INSERT", _) => STREAM_INSERT,
        ("MODIFY", _) => STREAM_MODIFY,
        (_, false) => STREAM_REMOVE,
        (_, true) => STREAM_EXPIRY,
    };
    let mut shape = documented(shape)["Records"][0].take();
    let local = record.lambda_json();
    shape["eventID"] = local["eventID"].clone();
    shape["eventSourceARN"] = local["eventSourceARN"].clone();
    let change = shape["dynamodb"].as_object_mut().expect("a record has its change");
    for (name, value) in change {
        *value = local["dynamodb"][name.as_str()].clone();
        assert!(!value.is_null(), "the embedded table's record has no {name}: {local}");
    }
    shape
}

#[cfg(test)]
mod tests {
    use embedded::EmbeddedDynamoDb;

    use super::*;
    use crate::Cloud;

    fn call(dynamodb: &EmbeddedDynamoDb, operation: &str, mut request: Value) {
        request["TableName"] = "groundwork-local-platform".into();
        let answer = dynamodb.dispatch(operation, request.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Every name in a value, with the way to it.
    fn names(value: &Value, way: &str, found: &mut Vec<String>) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            found.push(format!("{way}/{name}"));
            // Images are the table's own.
            if !matches!(name.as_str(), "Keys" | "NewImage" | "OldImage") {
                names(inner, &found.last().unwrap().clone(), found);
            }
        }
    }

    #[tokio::test]
    async fn the_embedded_tables_records_have_the_documented_shape() {
        let dynamodb = Cloud::table();
        let key = json!({"pk": {"S": "p"}, "sk": {"S": "s"}});
        let with = |name: &str, value: Value| {
            let mut item = key.clone();
            item[name] = value;
            json!({ "Item": item })
        };
        call(&dynamodb, "PutItem", with("entity", json!({"S": "one"})));
        call(&dynamodb, "PutItem", with("entity", json!({"S": "two"})));
        call(&dynamodb, "DeleteItem", json!({ "Key": key }));
        call(&dynamodb, "PutItem", with("ttl", json!({"N": "1767139200"})));
        dynamodb.sweep_expired(1_767_225_600_000).await.unwrap();
        let records = dynamodb.stream("groundwork-local-platform").next_batch(10).await.unwrap();
        assert_eq!(records.len(), 5);
        let shapes = [STREAM_INSERT, STREAM_MODIFY, STREAM_REMOVE, STREAM_INSERT, STREAM_EXPIRY];
        for (record, shape) in records.iter().zip(shapes) {
            let (mut local, mut lambda) = (Vec::new(), Vec::new());
            names(record.lambda_json(), "", &mut local);
            names(&documented(shape)["Records"][0], "", &mut lambda);
            local.sort_unstable();
            lambda.sort_unstable();
            assert_eq!(local, lambda, "{}", record.lambda_json());
            assert_eq!(stream_record(record)["dynamodb"], record.lambda_json()["dynamodb"]);
        }
        assert_eq!(stream_record(&records[4])["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
    }

    #[test]
    fn messages_and_occasions_have_the_documented_shape() {
        let shape = documented(QUEUE);
        let body = shape["Records"][0]["body"].as_str().unwrap().to_owned();
        let mut made = queue_event("groundwork-local-tasks", &[body]);
        for name in ["messageId", "receiptHandle"] {
            made["Records"][0][name] = shape["Records"][0][name].clone();
        }
        assert_eq!(made, shape);
        let time = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(schedule_event("sweep", time), documented(SCHEDULE));
    }
}
