//! Any path, query (form encoding), cursor, header and body, by nobody and by somebody who owns an organisation: an answer without a fault
//! of ours, and a problem where it is refused.

#![no_main]

use std::cell::RefCell;
use std::sync::Arc;

use embedded::EmbeddedSqs;
use groundwork::{DeliverOnce, Platform, PlatformOptions};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::ai::offline::OfflineAssistant;
use shared::clock::Clock;
use shared::id::Ids;
use testkit::{Cloud, Overlapping, SeededEntropy, TestApp, TestClock};
use tokio::runtime::Runtime;
use tracing::subscriber::{NoSubscriber, with_default};

/// How many requests a platform serves before it is made anew, so that rows do not pile up.
const REQUESTS: usize = 2_000;

struct Target {
    runtime: Runtime,
    app: TestApp,
    token: String,
    operations: Vec<(String, String)>,
    left: usize,
}

impl Target {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let (app, token) = runtime.block_on(async {
            let dynamodb = Cloud::table();
            let client = Cloud::client(&dynamodb, Overlapping::in_step(dynamodb.clone()));
            let clock = Clock::new(TestClock::start());
            let ids = Ids::new(clock.clone(), SeededEntropy::new(1));
            let time = clock.clone();
            let sqs = EmbeddedSqs::new(move || time.now().as_milliseconds());
            let options = PlatformOptions {
                queues: sqs.client(),
                delivery: Arc::new(DeliverOnce),
                ai: Arc::new(OfflineAssistant),
                variables: vec![("ENVIRONMENT".to_owned(), "test".to_owned())],
                dynamodb,
                client,
                sqs,
                clock,
                ids,
            };
            let platform = Platform::start(options).await.expect("the platform starts");
            let app = TestApp::surrounded(platform.router());
            let account = serde_json::json!({"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"});
            let account = app.post("/api/auth/register").json(&account).send().await.expect(201);
            (app, account["accessToken"].as_str().expect("a token").to_owned())
        });
        let document: Value = serde_json::from_str(include_str!("../../openapi.json")).expect("it is JSON");
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for method in methods.as_object().expect("methods").keys().filter(|name| ["get", "post", "put", "patch", "delete"].contains(&name.as_str())) {
                // Signing out would leave the rest of the run without a caller.
                if !path.contains("logout") {
                    operations.push((method.to_uppercase(), path.clone()));
                }
            }
        }
        Self { runtime, app, token, operations, left: REQUESTS }
    }
}

thread_local! {
    static TARGET: RefCell<Option<Target>> = const { RefCell::new(None) };
}

fuzz_target!(|bytes: &[u8]| {
    let [operation, flags, rest @ ..] = bytes else { return };
    let mut parts = rest.splitn(4, |byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let (segment, query, header, body) = (next(), next(), next(), next());
    TARGET.with_borrow_mut(|target| {
        if target.as_ref().is_none_or(|target| target.left == 0) {
            *target = Some(Target::new());
        }
        let Some(target) = target.as_mut() else { return };
        target.left -= 1;
        let (method, path) = &target.operations[usize::from(*operation) % target.operations.len()];
        let segment = String::from_utf8_lossy(segment);
        let mut uri: String = path.split('/').map(|part| if part.starts_with('{') { segment.as_ref() } else { part }).collect::<Vec<_>>().join("/");
        if !query.is_empty() {
            uri = format!("{uri}?{}", String::from_utf8_lossy(query));
        }
        // What no HTTP library would send on never reaches a function.
        if uri.parse::<http::Uri>().is_err() || http::HeaderValue::from_bytes(header).is_err() {
            return;
        }
        let mut request = target.app.request(method, &uri);
        if flags & 1 == 0 {
            request = request.bearer(&target.token);
        }
        let header = String::from_utf8_lossy(header);
        if let (false, Ok(_)) = (header.is_empty(), http::HeaderValue::from_str(&header)) {
            request = match flags & 6 {
                0 => request.header("idempotency-key", &header),
                2 => request.header("x-organization-id", &header),
                4 => request.header("authorization", &header),
                _ => request.header("traceparent", &header),
            };
        }
        let media_type = if flags & 8 == 0 { "application/json" } else { "text/csv" };
        // Nothing is logged: tests search what is for secrets, the fuzzer learns them from that search, and sends them in a path.
        let answer = with_default(NoSubscriber::default(), || target.runtime.block_on(request.body(media_type, body.to_vec()).send()));
        assert!(answer.status.as_u16() < 500, "{method} {uri}: {} {}", answer.status, answer.text);
        if answer.status.as_u16() >= 400 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {uri}");
        }
    });
});
