//! The documented events against the types by which functions read them.

use aws_lambda_events::event::dynamodb::Event as StreamEvent;
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::clock::Timestamp;
use testkit::runtime_api::documented::{
    FUNCTION_URL, FUNCTION_URL_BINARY, FUNCTION_URL_JSON, QUEUE, SCHEDULE, STREAM_EXPIRY, STREAM_INSERT, STREAM_MODIFY,
    STREAM_REMOVE, documented,
};

use crate::Schedule;

/// Fails where a documented field is lost or changed when it is read as `T`: the event, or the type, has another shape then.
fn keeps_every_field<T: DeserializeOwned + Serialize>(event: &str) {
    let event = documented(event);
    let read: T = serde_json::from_value(event.clone()).unwrap();
    assert_within(&event, &serde_json::to_value(read).unwrap(), "");
}

fn assert_within(documented: &Value, read: &Value, way: &str) {
    match (documented, read) {
        (Value::Object(documented), Value::Object(read)) => {
            for (name, value) in documented {
                let read = read.get(name).unwrap_or_else(|| panic!("{way}/{name} is lost"));
                assert_within(value, read, &format!("{way}/{name}"));
            }
        }
        (Value::Array(documented), Value::Array(read)) => {
            assert_eq!(documented.len(), read.len(), "{way}");
            for (place, (documented, read)) in documented.iter().zip(read).enumerate() {
                assert_within(documented, read, &format!("{way}/{place}"));
            }
        }
        // Times are floating-point numbers in some types.
        (Value::Number(documented), Value::Number(read)) => assert_eq!(documented.as_f64(), read.as_f64(), "{way}"),
        _ => assert_eq!(documented, read, "{way}"),
    }
}

#[test]
fn function_url_events_are_read_whole() {
    for event in [FUNCTION_URL, FUNCTION_URL_JSON, FUNCTION_URL_BINARY] {
        keeps_every_field::<ApiGatewayV2httpRequest>(event);
    }
}

#[test]
fn queue_and_stream_events_are_read_whole() {
    keeps_every_field::<SqsEvent>(QUEUE);
    for event in [STREAM_INSERT, STREAM_MODIFY, STREAM_REMOVE, STREAM_EXPIRY] {
        keeps_every_field::<StreamEvent>(event);
    }
    let expiry: StreamEvent = serde_json::from_value(documented(STREAM_EXPIRY)).unwrap();
    assert!(expiry.records[0].user_identity.is_some());
}

#[test]
fn an_occasion_of_a_schedule_is_read() {
    let event = documented(SCHEDULE);
    let schedule = Schedule::parse(&event, std::time::Duration::ZERO).unwrap();
    assert_eq!(schedule.time, "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    assert_eq!(
        (schedule.id.as_str(), schedule.resource.as_deref()),
        (event["id"].as_str().unwrap(), event["resources"][0].as_str(),)
    );
}
