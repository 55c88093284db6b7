//! Whole functions as processes. The process is this test binary again: a script in the place of the bootstrap starts it with the name of
//! the one test that serves instead of testing.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query, RawQuery, Request};
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{get, post};
use axum::{Json, Router};
use embedded::{EmbeddedDynamoDb, EmbeddedSqs, Execution, aws_router};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::Cloud;
use testkit::runtime_api::documented::{FUNCTION_URL, FUNCTION_URL_BINARY, FUNCTION_URL_JSON, documented};
use testkit::runtime_api::{Function, RESPONSE_LIMIT_BYTES, RuntimeApi, function_url_event};

use super::streaming::streamed_routes;
use crate::{
    EventRecord, JobError, Schedule, serve_http, serve_http_streaming, serve_queue, serve_schedule, serve_stream,
};

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
    Router::new()
        .route("/api/panic", get(async || -> String { panic!("a fault of ours") }))
        .route("/api/echo", post(echo))
        .route("/api/image", get(async || ([("content-type", "image/png")], Bytes::from_static(b"\x89PNG\xff"))))
        .route("/api/letters", get(async |RawQuery(count)| "a".repeat(count.unwrap().parse().unwrap())))
}

/// What came of a request, and two cookies.
async fn echo(request: Request) -> impl IntoResponse {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let cookies = parts.headers.get_all("cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned());
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).unwrap().0;
    let came = json!({
        "path": parts.uri.path(), "query": query, "cookies": cookies.collect::<Vec<_>>(), "body": body.to_vec(),
    });
    (AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2; Secure")]), Json(came))
}

/// No test but the function, in the process that is to be one.
#[test]
fn function() {
    let Ok(kind) = std::env::var(KIND) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let served = runtime.block_on(async {
        match kind.as_str() {
            "http" => serve_http("http", |_| Ok(routes())).await,
            "streaming" => serve_http_streaming("streaming", |_| Ok(routes().merge(streamed_routes()))).await,
            "queue" => serve_queue("queue", |_| Ok(work)).await,
            "stream" => serve_stream("stream", |_| Ok(project)).await,
            _ => serve_schedule("schedule", |_| Ok(sweep)).await,
        }
    });
    std::process::exit(i32::from(served.is_err()));
}

pub(super) struct Running {
    pub(super) lambda: RuntimeApi,
    pub(super) function: Function,
    sqs: EmbeddedSqs,
    _folder: tempfile::TempDir,
}

/// Starts a function against an embedded AWS on loopback, with a table and a queue `dead`.
pub(super) async fn start(kind: &str, more: &[(&str, &str)]) -> Running {
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

    let lambda = RuntimeApi::new().with_timeout(Duration::from_secs(20));
    let fixed = [
        (KIND, kind),
        ("TABLE_NAME", "groundwork-local-platform"),
        ("LEDGER_TABLE_NAME", "groundwork-local-ledger"),
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
pub(super) fn logged(function: &Function) -> Vec<Value> {
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

/// The documented event of this name, sent to another path.
fn sent_to(event: &str, path: &str) -> Value {
    let mut event = documented(event);
    event["rawPath"] = path.into();
    event["requestContext"]["http"]["path"] = path.into();
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_arrive_as_they_were_sent() {
    let running = start("http", &[]).await;
    let mut event = sent_to(FUNCTION_URL, "/api/echo");
    event["requestContext"]["http"]["method"] = "POST".into();
    let answer = running.lambda.invoke(event).await.unwrap();
    assert_eq!((&answer["statusCode"], &answer["cookies"]), (&json!(200), &json!(["a=1", "b=2; Secure"])));
    let came: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(came["query"], json!([["tag", "a"], ["tag", "b,c"], ["first name", "Zoë K"], ["flag", ""]]));
    assert_eq!(came["cookies"], json!(["theme=dark; session=a%3Db"]));

    for (event, body) in [
        (FUNCTION_URL_JSON, "{\"name\":\"Café\"}".as_bytes()),
        (FUNCTION_URL_BINARY, b"\x89PNG\r\n\x1a\n\xff\0".as_slice()),
    ] {
        let answer = running.lambda.invoke(sent_to(event, "/api/echo/")).await.unwrap();
        let came: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&came["path"], &came["body"]), (&json!("/api/echo"), &json!(body)));
    }
    let image = running.lambda.invoke(function_url_event("GET", "/api/image", &[], b"")).await.unwrap();
    assert_eq!((&image["body"], &image["isBase64Encoded"]), (&json!("iVBOR/8="), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_is_too_large_fails_and_the_next_request_is_served() {
    let running = start("http", &[]).await;
    let letters = |count: usize| function_url_event("GET", &format!("/api/letters?{count}"), &[], b"");
    let around = running.lambda.invoke(letters(1_000_000)).await.unwrap().to_string().len() - 1_000_000;
    // The length of the answer's own JSON is told in a header of it, which is a digit longer or shorter at other lengths.
    let fits = running.lambda.invoke(letters(RESPONSE_LIMIT_BYTES - around - 10)).await.unwrap();
    assert_eq!(fits["statusCode"], 200);
    let error = running.lambda.invoke(letters(RESPONSE_LIMIT_BYTES)).await.unwrap_err();
    assert_eq!(error.kind, "Function.ResponseSizeTooLarge");
    let health = running.lambda.invoke(function_url_event("GET", "/api/health", &[], b"")).await.unwrap();
    assert_eq!(health["statusCode"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_another_kind_fails_and_the_next_request_is_served() {
    for kind in ["http", "streaming"] {
        let running = start(kind, &[]).await;
        let mut bytes = sent_to(FUNCTION_URL_BINARY, "/api/echo");
        bytes["body"] = "no Base64!".into();
        for event in [json!({ "Records": [] }), json!("hello"), Value::Null, bytes] {
            let error = running.lambda.invoke(event.clone()).await.unwrap_err();
            assert_ne!(error.kind, "Runtime.ExitError", "{kind}: {event}");
        }
        let health = function_url_event("GET", "/api/health", &[], b"");
        let status = match kind {
            "http" => running.lambda.invoke(health).await.unwrap()["statusCode"].clone(),
            _ => running.lambda.stream(health).await.unwrap().prelude.status_code.into(),
        };
        assert_eq!(status, 200);
    }
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
    let lambda = RuntimeApi::new().with_timeout(Duration::from_millis(50));
    let error = lambda.invoke(json!({})).await.unwrap_err();
    assert_eq!(error.kind, "Sandbox.Timedout");
}
