//! Whole functions as processes. The process is this test binary again: a script in the place of the bootstrap starts it with the name of
//! the one test that serves instead of testing.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use embedded::{EmbeddedDynamoDb, EmbeddedSqs, Execution, aws_router};
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::Cloud;
use testkit::runtime_api::{Function, RuntimeApi, function_url_event};

use crate::{EventRecord, JobError, Schedule, serve_http, serve_queue, serve_schedule, serve_stream};

/// Which function the process is to be.
const KIND: &str = "TESTED_FUNCTION";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    task_id: u32,
}

async fn work(job: Job) -> Result<(), JobError> {
    match job.task_id {
        0 => Ok(()),
        1 => Err(JobError::Retry("busy".to_owned())),
        2 => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        _ => Err(JobError::Reject("unknown task".to_owned())),
    }
}

async fn project(record: EventRecord) -> Result<(), String> {
    if record.event_name == "REMOVE" { Err("cannot".to_owned()) } else { Ok(()) }
}

async fn sweep(schedule: Schedule) -> Result<Value, String> {
    Ok(json!({ "hour": schedule.time.hour() }))
}

fn routes() -> Router {
    Router::new().route("/api/panic", get(async || -> String { panic!("a fault of ours") }))
}

/// No test but the function, in the process that is to be one.
#[test]
fn function() {
    let Ok(kind) = std::env::var(KIND) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let served = runtime.block_on(async {
        match kind.as_str() {
            "http" => serve_http("http", |_| Ok(routes())).await,
            "queue" => serve_queue("queue", |_| Ok(work)).await,
            "stream" => serve_stream("stream", |_| Ok(project)).await,
            _ => serve_schedule("schedule", |_| Ok(sweep)).await,
        }
    });
    std::process::exit(i32::from(served.is_err()));
}

struct Running {
    lambda: RuntimeApi,
    function: Function,
    sqs: EmbeddedSqs,
    _folder: tempfile::TempDir,
}

/// Starts a function against an embedded AWS on loopback, with a table and a queue `dead`.
async fn start(kind: &str, more: &[(&str, &str)]) -> Running {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let dynamodb: EmbeddedDynamoDb = Cloud::table().with_execution(Execution::BlockingPool);
    let sqs = EmbeddedSqs::new(|| 0).with_base_url(&endpoint);
    sqs.client().create_queue().queue_name("dead").send().await.unwrap();
    let (router, dead) = (aws_router(dynamodb, sqs.clone()), sqs.queue_url("dead"));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let folder = tempfile::tempdir().unwrap();
    let bootstrap = folder.path().join("bootstrap");
    let this = std::env::current_exe().unwrap();
    let script = format!("#!/bin/sh\nexec '{}' --exact tests::process::function --nocapture\n", this.display());
    std::fs::write(&bootstrap, script).unwrap();
    std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();

    let lambda = RuntimeApi::start().await.unwrap().with_timeout(Duration::from_secs(20));
    let fixed = [
        (KIND, kind),
        ("TABLE_NAME", "groundwork-local-platform"),
        ("ENVIRONMENT", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
        ("AWS_ENDPOINT_URL_SQS", &endpoint),
        ("DEAD_LETTER_QUEUE_URL", &dead),
    ];
    let environment = fixed.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let function = lambda.spawn(&bootstrap, environment).unwrap();
    Running { lambda, function, sqs, _folder: folder }
}

/// The lines that are logs; the test harness in the process writes some of its own.
fn logged(function: &Function) -> Vec<Value> {
    function.log().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_function_answers_and_survives_a_panic() {
    let running = start("http", &[]).await;
    let panic = running.lambda.invoke(function_url_event("GET", "/api/panic", &[], b"")).await.unwrap();
    assert_eq!((&panic["statusCode"], &panic["isBase64Encoded"]), (&json!(500), &json!(false)));
    assert_eq!(panic["headers"]["content-type"], "application/problem+json");
    let health = running.lambda.invoke(function_url_event("GET", "/api/health", &[], b"")).await.unwrap();
    let body: Value = serde_json::from_str(health["body"].as_str().unwrap()).unwrap();
    assert_eq!((&health["statusCode"], &body["services"]), (&json!(200), &json!({ "table": "ok" })));
    let lines = logged(&running.function);
    let said = lines.iter().find(|line| line["message"] == "a function panicked").unwrap();
    assert_eq!(said["cause"], "a fault of ours");
    assert_eq!((&said["function"], &said["request_id"]), (&json!("http"), &panic["headers"]["x-request-id"]));
    assert!(said["requestId"].is_string() && said["place"].as_str().unwrap().contains("process.rs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_function_reports_what_must_come_again() {
    let running = start("queue", &[]).await;
    // Once it has started, so that only the slow message runs out of time.
    running.lambda.invoke(json!({ "Records": [] })).await.unwrap();
    let lambda = running.lambda.with_timeout(Duration::from_secs(4));
    let record = |id: &str, body: &str| json!({ "messageId": id, "body": body, "eventSource": "aws:sqs" });
    let records = ["0", "1", "2", "3", "x"].map(|task| record(task, &format!("{{\"taskId\":{task}}}")));
    let answer = lambda.invoke(json!({ "Records": records })).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    let mut again: Vec<&str> = failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect();
    again.sort_unstable();
    assert_eq!(again, ["1", "2"], "the one that was busy and the one that had no time left");
    assert_eq!(running.sqs.messages("dead").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_and_schedule_functions_answer() {
    let running = start("stream", &[]).await;
    let record = |number: &str, name: &str| {
        json!({
            "eventID": number, "eventName": name, "awsRegion": "eu-west-1",
            "dynamodb": { "SequenceNumber": number, "SizeBytes": 1, "Keys": {} },
        })
    };
    let event = json!({ "Records": [record("1", "INSERT"), record("2", "REMOVE"), record("3", "INSERT")] });
    let answer = running.lambda.invoke(event).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] }));

    let running = start("schedule", &[]).await;
    let occasion = json!({ "id": "1", "source": "aws.scheduler", "time": "2026-11-20T09:00:00Z" });
    assert_eq!(running.lambda.invoke(occasion).await.unwrap(), json!({ "hour": "2026-11-20T09" }));
    let error = running.lambda.invoke(json!("hello")).await.unwrap_err();
    assert_eq!((error.kind.as_str(), error.message.ends_with("but a text came")), ("MalformedEvent", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_start_says_why() {
    let mut running = start("queue", &[("DEAD_LETTER_QUEUE_URL", "")]).await;
    let error = running.lambda.invoke(json!({ "Records": [] })).await.unwrap_err();
    assert_eq!(error.kind, "Runtime.ExitError");
    assert_eq!(running.function.exited().await.and_then(|status| status.code()), Some(1));
    let lines = logged(&running.function);
    assert!(lines.iter().any(|line| line.to_string().contains("DEAD_LETTER_QUEUE_URL is missing")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_without_an_answer_times_out() {
    let lambda = RuntimeApi::start().await.unwrap().with_timeout(Duration::from_millis(50));
    let error = lambda.invoke(json!({})).await.unwrap_err();
    assert_eq!(error.kind, "Sandbox.Timedout");
}
