use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::problem::Problem;

use super::{Log, Queue};
use crate::{JobError, SqsBatchResponse, SqsEvent, handle_batch};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Job {
    task_id: u32,
}

/// A batch of these bodies with the identifiers `m0`, `m1`, …
fn event(bodies: &[&str]) -> SqsEvent {
    let record = |(number, body): (usize, &&str)| {
        json!({
            "messageId": format!("m{number}"), "receiptHandle": "r", "body": body, "messageAttributes": {},
            "attributes": { "ApproximateReceiveCount": "2" }, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:work", "awsRegion": "eu-west-1",
        })
    };
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

fn failed(response: &SqsBatchResponse) -> Vec<&str> {
    let mut failed: Vec<&str> = response.batch_item_failures.iter().map(|item| item.item_identifier.as_str()).collect();
    failed.sort_unstable();
    failed
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_comes_again() {
    let queue = Queue::new().await;
    let done = Mutex::new(Vec::new());
    let bodies = [r#"{"taskId":0}"#, r#"{"taskId":1}"#, r#"{"taskId":2}"#, r#"{"taskId":3}"#];
    let response = handle_batch(event(&bodies), &queue.sender, async |job: Job| match job.task_id {
        1 => Err(JobError::Retry("busy".to_owned())),
        2 => panic!("a fault of ours"),
        other => {
            done.lock().unwrap().push(other);
            Ok(())
        }
    })
    .await;
    assert_eq!(failed(&response), ["m1", "m2"]);
    assert_eq!(*done.lock().unwrap(), [0, 3]);
    assert!(queue.bodies().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_can_never_succeed_is_a_dead_letter_with_its_reason() {
    let queue = Queue::new().await;
    let bodies = ["no JSON", r#"{"taskId":"secret"}"#, r#"{"taskId":7} and more"#, r#"{"taskId":8}"#];
    let reject = async |job: Job| Err::<(), _>(JobError::Reject(format!("unknown\n{}", job.task_id)));
    let (log, guard) = Log::start();
    let response = handle_batch(event(&bodies), &queue.sender, reject).await;
    drop(guard);
    assert_eq!(failed(&response), Vec::<&str>::new());
    let mut letters = queue.receive().await;
    letters.sort_by_key(source);
    let reason = |place: usize| attribute(&letters[place], "reason");
    assert_eq!(letters.iter().map(|letter| letter.body().unwrap()).collect::<Vec<_>>(), bodies);
    assert_eq!(letters.iter().map(source).collect::<Vec<_>>(), ["m0", "m1", "m2", "m3"]);
    assert!(reason(0).starts_with("malformed body: expected"), "{}", reason(0));
    assert!(reason(1).starts_with("malformed body at taskId: invalid type: string"), "{}", reason(1));
    assert!(reason(2).contains("trailing characters"), "{}", reason(2));
    assert_eq!(reason(3), "unknown 8");
    assert!(!log.text().contains("secret") && !log.text().contains("and more"), "{}", log.text());
    let line = log.lines().into_iter().find(|line| line["message_id"] == "m1").unwrap();
    assert_eq!(
        (&line["outcome"], &line["receive_count"], &line["level"]),
        (&json!("dead letter"), &json!("2"), &json!("ERROR"))
    );
    assert_eq!(line["reason"], "malformed body at taskId, line 1 column 18");
}

fn attribute(letter: &aws_sdk_sqs::types::Message, name: &str) -> String {
    letter.message_attributes().unwrap()[name].string_value().unwrap().to_owned()
}

fn source(letter: &aws_sdk_sqs::types::Message) -> String {
    attribute(letter, "sourceMessageId")
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_cannot_be_sent_comes_again() {
    let queue = Queue::new().await;
    let work = async |_: Job| Ok::<_, JobError>(());
    let response = handle_batch(event(&["{}", r#"{"taskId":1}"#]), &queue.lost(), work).await;
    assert_eq!(failed(&response), ["m0"]);
}

#[tokio::test(start_paused = true)]
async fn messages_are_worked_on_at_once() {
    let queue = Queue::new().await;
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let bodies = vec![r#"{"taskId":1}"#; 25];
    let started = tokio::time::Instant::now();
    let response = handle_batch(event(&bodies), &queue.sender, async |_: Job| {
        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1)).await;
        running.fetch_sub(1, Ordering::SeqCst);
        Ok::<_, JobError>(())
    })
    .await;
    assert!(failed(&response).is_empty());
    assert_eq!((most.into_inner(), started.elapsed().as_secs()), (10, 3));
}

#[tokio::test(start_paused = true)]
async fn an_empty_batch_fails_nothing() {
    let queue = Queue::new().await;
    let response = handle_batch(event(&[]), &queue.sender, async |_: Value| Ok::<_, JobError>(())).await;
    assert!(failed(&response).is_empty());
}

#[test]
fn problems_that_pass_are_tried_again() {
    let retried = |problem: Problem| matches!(JobError::from(problem), JobError::Retry(_));
    assert!(retried(Problem::unavailable("throttled")));
    assert!(retried(Problem::internal("a bug")));
    assert!(retried(Problem::conflict("conflict", "others were faster")));
    assert!(retried(Problem::too_many_requests(3)));
    assert!(!retried(Problem::not_found()));
    assert!(!retried(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "wrong")));
}
