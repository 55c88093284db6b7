//! A function that streams its responses, as a process.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::RawQuery;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::get;
use futures_util::stream::{self, Stream, StreamExt};
use serde_json::json;
use testkit::runtime_api::{StreamedResponse, function_url_event};

use super::process::{Running, logged, start};

const PIECE: usize = 64 * 1024;
const PIECES: usize = 128;

type Piece = Result<Bytes, std::io::Error>;

/// The routes of the function that this test binary is when it is told to stream.
pub(super) fn streamed_routes() -> Router {
    let letters = || stream::iter((0..PIECES).map(|_| Ok(Bytes::from(vec![b'a'; PIECE]))));
    Router::new()
        .route("/api/waits", get(async |RawQuery(path)| waiting(path.unwrap())))
        .route("/api/large", get(async move || streamed(letters())))
        .route(
            "/api/breaks",
            get(async || streamed(after_one(|| Err(std::io::Error::other("a fault, with a secret"))))),
        )
        .route("/api/panics", get(async || streamed(after_one(|| panic!("a fault of ours, with a secret")))))
        .route("/api/hangs", get(async || streamed(after_one(|| Ok(Bytes::new())).chain(stream::pending()))))
}

fn streamed(pieces: impl Stream<Item = Piece> + Send + 'static) -> impl IntoResponse {
    let headers =
        [("content-type", "text/event-stream"), ("vary", "accept"), ("set-cookie", "a=1"), ("set-cookie", "b=2")];
    (http::StatusCode::ACCEPTED, AppendHeaders(headers), Body::from_stream(pieces))
}

fn after_one(then: fn() -> Piece) -> impl Stream<Item = Piece> + Send {
    stream::iter([|| Ok(Bytes::from_static(b"one")), then]).map(|piece: fn() -> Piece| piece())
}

/// One piece, and another as soon as there is a file at `path`.
fn waiting(path: String) -> impl IntoResponse {
    let later = stream::once(async move {
        while !Path::new(&path).exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Bytes::from_static(b"two"))
    });
    streamed(stream::iter([Ok(Bytes::from_static(b"one"))]).chain(later))
}

async fn get_stream(running: &Running, path: &str) -> StreamedResponse {
    running.lambda.stream(function_url_event("GET", path, &[], b"")).await.unwrap()
}

/// The line that says how the request was answered whose id is in this response.
fn answered(running: &Running, response: &StreamedResponse) -> serde_json::Value {
    let request_id = &response.prelude.headers["x-request-id"];
    let of_request = |line: &serde_json::Value| line["request_id"] == request_id.as_str();
    let line = logged(&running.function).into_iter().find(|line| of_request(line) && line["message"] == "answered");
    line.expect("a request has its line in the log")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_arrives_before_the_next_is_made() {
    let running = start("streaming", &[]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("go_on");
    let mut response = get_stream(&running, &format!("/api/waits?{}", file.display())).await;

    assert_eq!(response.prelude.status_code, 202);
    assert_eq!(response.prelude.cookies, ["a=1", "b=2"]);
    let header = |name: &str| response.prelude.headers.get(name).map(String::as_str);
    assert_eq!((header("content-type"), header("api-version")), (Some("text/event-stream"), Some("1")));
    assert_eq!((header("set-cookie"), header("content-length")), (None, None));
    assert!(header("vary").unwrap().contains("accept"), "{:?}", header("vary"));
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one");
    // The function cannot have made the second piece, and does not for as long as the file is not there.
    let early = tokio::time::timeout(Duration::from_millis(300), response.chunk()).await;
    assert!(early.is_err(), "{early:?}");
    std::fs::write(&file, "").unwrap();
    assert_eq!(response.rest().await.unwrap(), b"two");
    let line = answered(&running, &response);
    assert_eq!(
        (line.get("ResponseTime"), &line["Requests"]),
        (None, &json!(1)),
        "a stream's length is no response time"
    );
    assert!(line["requestId"].is_string(), "Lambda's own id stands in the line too: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_stream_comes_as_it_is() {
    let running = start("streaming", &[]).await;
    let mut health = get_stream(&running, "/api/health/").await;
    assert_eq!(health.prelude.status_code, 200);
    let body: serde_json::Value = serde_json::from_slice(&health.rest().await.unwrap()).unwrap();
    assert_eq!(body["services"], json!({ "table": "ok" }));
    assert!(answered(&running, &health)["ResponseTime"].is_number());
    let mut panicked = get_stream(&running, "/api/panic").await;
    assert_eq!((panicked.prelude.status_code, answered(&running, &panicked)["status"].as_u64()), (500, Some(500)));
    let problem: serde_json::Value = serde_json::from_slice(&panicked.rest().await.unwrap()).unwrap();
    assert_eq!(problem["code"], "internal");
    let whole = running.lambda.invoke(function_url_event("GET", "/api/health", &[], b"")).await.unwrap_err();
    assert_eq!(whole.kind, "Runtime.InvalidResponseMode", "a URL without streaming gets no streams");
}

/// A second piece would wait for the first one's acknowledgement: 40 ms, on every answer.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_at_once_comes_in_one_piece() {
    let running = start("streaming", &[]).await;
    let mut health = get_stream(&running, "/api/health").await;
    let bytes = health.rest().await.unwrap();
    assert_eq!((bytes.is_empty(), health.with_prelude_bytes), (false, bytes.len()));
    let mut broken = get_stream(&running, "/api/breaks").await;
    assert_eq!(broken.with_prelude_bytes, "one".len(), "and so does the first piece of more");
    broken.rest().await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_may_be_larger_than_a_response() {
    let running = start("streaming", &[]).await;
    let mut response = get_stream(&running, "/api/large").await;
    let bytes = response.rest().await.unwrap();
    assert!(bytes.len() == PIECE * PIECES && bytes.len() > testkit::runtime_api::RESPONSE_LIMIT_BYTES);
    assert!(bytes.iter().all(|byte| *byte == b'a'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_reported_and_the_next_request_served() {
    let running = start("streaming", &[]).await;
    for (path, reason) in [("/api/breaks", "a fault, with a secret"), ("/api/panics", "the body panicked")] {
        let mut response = get_stream(&running, path).await;
        assert_eq!(response.chunk().await.unwrap().unwrap(), "one", "{path}");
        let error = response.rest().await.unwrap_err();
        assert_eq!((error.kind.as_str(), error.message.as_str()), ("Runtime.StreamError", "the response broke off"));
        let request_id = &response.prelude.headers["x-request-id"];
        let lines = logged(&running.function);
        let said = lines.iter().find(|line| line["reason"] == reason && line["request_id"] == request_id.as_str());
        assert_eq!(said.expect("the log has the reason")["level"], "ERROR");
    }
    assert_eq!(get_stream(&running, "/api/health").await.prelude.status_code, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_takes_too_long_is_cut_off_and_the_next_request_served() {
    let running = start("streaming", &[]).await;
    assert_eq!(get_stream(&running, "/api/health").await.prelude.status_code, 200, "it has started");
    let event = function_url_event("GET", "/api/hangs", &[], b"");
    let mut response = running.lambda.stream_within(event, Duration::from_millis(300)).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "one");
    assert_eq!(response.rest().await.unwrap_err().kind, "Sandbox.Timedout");
    assert_eq!(get_stream(&running, "/api/health").await.prelude.status_code, 200, "by another process");
}
