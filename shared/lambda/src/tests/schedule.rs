use std::time::Duration;

use serde_json::{Value, json};

use crate::Schedule;
use crate::schedule::answer;

const LEFT: Duration = Duration::from_secs(9);

fn rule() -> Value {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": "000000000000", "time": "2026-11-20T09:00:00Z", "region": "eu-west-1", "detail": {},
        "resources": ["arn:aws:events:eu-west-1:000000000000:rule/sweep"],
    })
}

#[test]
fn rules_and_schedules_are_read() {
    let read = Schedule::parse(&rule(), LEFT).unwrap();
    assert_eq!(read.time.to_string(), "2026-11-20T09:00:00.000Z");
    assert_eq!(read.resource.as_deref(), Some("arn:aws:events:eu-west-1:000000000000:rule/sweep"));
    let mut scheduler = rule();
    scheduler["source"] = "aws.scheduler".into();
    scheduler["detail"] = "{}".into();
    assert_eq!(Schedule::parse(&scheduler, LEFT).unwrap().id, "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa");
}

#[test]
fn anything_else_is_refused_with_what_came() {
    let said = |payload: Value| Schedule::parse(&payload, LEFT).unwrap_err().to_string();
    assert!(said(json!([1])).ends_with("but an array came"));
    assert!(
        said(json!({ "Records": [] })).ends_with("an object without a text `source` came, with the fields: Records")
    );
    let with = |name: &str, value: Value| {
        let mut payload = rule();
        payload[name] = value;
        said(payload)
    };
    assert!(with("source", "aws.s3".into()).ends_with("an event of the source `aws.s3` came"));
    assert!(with("time", "yesterday".into()).contains("its time was `yesterday`"));
    assert!(with("id", Value::Null).contains("without a text `id`"));
}

#[tokio::test]
async fn the_result_is_the_answer_and_a_failure_an_error() {
    let due = async |schedule: Schedule| Ok::<_, String>(json!({ "rung": 3, "hour": schedule.time.hour() }));
    assert_eq!(answer(&rule(), LEFT, &due).await.unwrap(), json!({ "rung": 3, "hour": "2026-11-20T09" }));
    let failing = async |_: Schedule| Err::<(), _>("the store is busy".to_owned());
    let error = answer(&rule(), LEFT, &failing).await.unwrap_err();
    assert_eq!((error.error_type.as_str(), error.error_message.as_str()), ("ScheduleFailed", "the store is busy"));
    let error = answer(&json!(null), LEFT, &failing).await.unwrap_err();
    assert_eq!(error.error_type, "MalformedEvent");
}
