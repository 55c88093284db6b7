use std::convert::Infallible;
use std::future::ready;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Extension, Router};
use embedded::{WireResponse, WireService};
use futures_util::stream;
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared::http::{ClientAddress, HealthCheck, ServiceHealth};
use shared::model::user::User;
use testkit::Cloud;
use testkit::runtime_api::function_url_event;
use tower::ServiceExt;

use super::Log;
use crate::http::application;

fn routes() -> Router {
    Router::new()
        .route("/api/panic", get(async || -> String { panic!("a fault of ours, with a secret") }))
        .route(
            "/api/address",
            get(async |Extension(ClientAddress(address)): Extension<ClientAddress>| address.to_string()),
        )
        .route("/api/stream", get(async || Body::from_stream(stream::iter(["one", "two"].map(Ok::<_, Infallible>)))))
        .route("/api/named/{name}", get(async |Path(name): Path<String>| name))
        .route("/api/echo", post(async |body: axum::body::Bytes| body))
}

/// What the routes answer to this event, and the answer's body.
async fn answer(event: Value) -> (Response<axum::body::Body>, Vec<u8>) {
    let cloud = Cloud::new();
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let health = HealthCheck::of_table(&cloud.services).with("ai", || ready(ServiceHealth::Embedded));
    let response = application(routes(), &health, &cloud.services).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    (Response::from_parts(parts, axum::body::Body::empty()), bytes)
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_callers_address_is_the_one_lambda_saw() {
    let forged = [("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=198.51.100.2")];
    let (response, body) = answer(function_url_event("GET", "/api/address", &forged, b"")).await;
    assert_eq!((response.status(), body.as_slice()), (StatusCode::OK, b"203.0.113.7".as_slice()));
    let mut event = function_url_event("GET", "/api/address", &[], b"");
    event["requestContext"]["http"]["sourceIp"] = "2001:db8::1".into();
    assert_eq!(answer(event).await.1, b"2001:db8::1");
}

#[tokio::test(start_paused = true)]
async fn health_stands_beside_the_routes() {
    let (response, body) = answer(function_url_event("GET", "/api/health/", &[], b"")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(json_of(&body)["services"], json!({ "table": "ok", "ai": "embedded" }));
    assert!(response.headers().contains_key("x-request-id") && response.headers().contains_key("api-version"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_problem_with_its_request_id_in_the_log() {
    let (log, guard) = Log::start();
    let (response, body) = answer(function_url_event("GET", "/api/panic", &[], b"")).await;
    drop(guard);
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(json_of(&body)["code"], "internal");
    assert!(!String::from_utf8(body).unwrap().contains("secret"));
    let request_id = response.headers()["x-request-id"].to_str().unwrap();
    let lines = log.lines();
    assert!(lines.iter().any(|line| line["request_id"] == request_id && line["cause"] == "the handler panicked"));
    assert!(lines.iter().any(|line| line["request_id"] == request_id && line["status"] == 500));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_one_line_with_its_ids_and_figures() {
    let (log, guard) = Log::start();
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace_id}-00f067aa0ba902b7-01");
    let correlation = "req_01KAGR3V0R0000000000000000";
    let headers =
        [("traceparent", parent.as_str()), ("X-Correlation-Id", correlation), ("X-Request-Id", "no id of ours")];
    let (response, _) = answer(function_url_event("GET", "/api/health", &headers, b"")).await;
    answer(function_url_event("GET", "/api/stream", &[], b"")).await;
    drop(guard);
    let answered = log.lines().into_iter().filter(|line| line["message"] == "answered").collect::<Vec<_>>();
    let line = &answered[0];
    assert_eq!(line["request_id"], response.headers()["x-request-id"].to_str().unwrap());
    assert_eq!((&line["correlation_id"], &line["trace_id"]), (&json!(correlation), &json!(trace_id)));
    assert_eq!((&line["method"], &line["path"], &line["status"]), (&json!("GET"), &json!("/api/health"), &json!(200)));
    assert_eq!((&line["Requests"], &line["ServerErrors"], &line["StoreCalls"]), (&json!(1), &json!(0), &json!(1)));
    assert!(line["ResponseTime"].is_u64() && line["StoreTime"].is_u64());
    let stream = &answered[1];
    assert_eq!((&stream["Requests"], stream.get("ResponseTime")), (&json!(1), None), "a stream has no response time");
    assert_eq!(stream["correlation_id"], stream["request_id"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_table_fails_is_counted_with_the_request_and_not_told_in_words_of_items() {
    let internal = WireResponse::internal_error("ill");
    let error = |kind: &str| WireResponse::error(400, json!({ "__type": kind, "message": "no" }).to_string());
    let cut = WireResponse::ok(r#"{"Item": {"email": {"S": "ada@exam"#);
    for ill in [
        internal,
        error("ThrottlingException"),
        error("AccessDeniedException"),
        error("ResourceNotFoundException"),
        cut,
    ] {
        let cloud = Cloud::through(Cloud::table(), Always(ill.clone()));
        let health = HealthCheck::of_table(&cloud.services);
        let request = function_url_event("GET", "/api/health", &[], b"").to_string();
        let (log, guard) = Log::start();
        let request = lambda_http::request::from_str(&request).unwrap();
        let response = application(routes(), &health, &cloud.services).oneshot(request).await.unwrap();
        let fault = cloud.services.store.get::<User>(&User::key_of(cloud.services.ids.next())).await.unwrap_err();
        drop(guard);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let line = log.lines().into_iter().find(|line| line["message"] == "answered").unwrap();
        assert_eq!((&line["StoreFailures"], &line["ServerErrors"]), (&json!(1), &json!(1)), "{}", ill.text());
        assert!(!fault.to_string().contains("ada@"), "{fault}");
    }
}

/// A DynamoDB that has one answer.
#[derive(Clone, Debug)]
struct Always(WireResponse);

impl WireService for Always {
    async fn answer(&self, _: &str, _: Bytes) -> WireResponse {
        self.0.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_arrive_as_they_were_sent() {
    for (media_type, body) in
        [("application/json", b"{\"a\":1}".as_slice()), ("image/png", &[0xff, 0, 0x80]), ("text/plain", b"")]
    {
        let (response, answered) =
            answer(function_url_event("POST", "/api/echo", &[("Content-Type", media_type)], body)).await;
        assert_eq!((response.status(), answered.as_slice()), (StatusCode::OK, body));
    }
    let (response, _) = answer(function_url_event("POST", "/api/nowhere", &[], b"x")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn paths_are_read_encoded_or_not() {
    for path in ["/api/named/Zo%C3%AB%20K", "/api/named/Zoë K"] {
        let (response, body) = answer(function_url_event("GET", path, &[], b"")).await;
        assert_eq!((response.status(), body.as_slice()), (StatusCode::OK, "Zoë K".as_bytes()), "{path}");
    }
}
