//! The four requests of the Runtime API, and the invocations between them and the test.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use shared::clock::TimeSource;
use tokio::sync::{Notify, oneshot};

use super::{FunctionError, PAYLOAD_LIMIT_BYTES};
use crate::SystemClock;

type Outcome = Result<Value, FunctionError>;

/// What waits for an instance and what an instance works on.
#[derive(Debug, Default)]
pub(super) struct Invocations {
    state: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    count: u64,
    queued: VecDeque<Invocation>,
    running: HashMap<String, oneshot::Sender<Outcome>>,
    /// Why no instance will ever ask again, until another is started.
    broken: Option<FunctionError>,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    deadline_ms: i64,
    event: String,
    answer: oneshot::Sender<Outcome>,
}

impl Invocations {
    pub(super) async fn invoke(&self, event: Value, timeout: Duration) -> Outcome {
        let event = event.to_string();
        if event.len() > PAYLOAD_LIMIT_BYTES {
            return Err(FunctionError::new("RequestEntityTooLarge", format!("the event has {} bytes", event.len())));
        }
        let (answer, outcome) = oneshot::channel();
        let id = {
            let mut waiting = self.waiting();
            if let Some(error) = &waiting.broken {
                return Err(error.clone());
            }
            waiting.count += 1;
            let id = format!("00000000-0000-4000-8000-{:012x}", waiting.count);
            let deadline_ms = SystemClock.now().plus(timeout).as_milliseconds();
            waiting.queued.push_back(Invocation { id: id.clone(), deadline_ms, event, answer });
            id
        };
        self.arrived.notify_waiters();
        match tokio::time::timeout(timeout, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(FunctionError::new("Runtime.Unknown", "the server of the Runtime API ended")),
            Err(_) => {
                let mut waiting = self.waiting();
                waiting.running.remove(&id);
                waiting.queued.retain(|queued| queued.id != id);
                let message = format!("{id} Task timed out after {:.2} seconds", timeout.as_secs_f64());
                Err(FunctionError::new("Sandbox.Timedout", message))
            }
        }
    }

    /// An instance was started: what an earlier one's end broke is whole again.
    pub(super) fn mend(&self) {
        self.waiting().broken = None;
    }

    /// No instance will ask again: whatever waits fails. The first reason stays, since a function that reports one ends right after.
    pub(super) fn break_with(&self, error: &FunctionError) {
        let mut waiting = self.waiting();
        let error = waiting.broken.get_or_insert_with(|| error.clone()).clone();
        let queued = std::mem::take(&mut waiting.queued).into_iter().map(|invocation| invocation.answer);
        let running = std::mem::take(&mut waiting.running).into_values();
        for answer in queued.chain(running) {
            // Nobody listens any more when the invocation's time is up.
            let _ = answer.send(Err(error.clone()));
        }
    }

    /// The oldest invocation that waits, as soon as there is one.
    async fn next(&self) -> (String, i64, String) {
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            if let Some(next) = self.take() {
                return next;
            }
            arrived.await;
        }
    }

    /// Moves the oldest waiting invocation to the running ones.
    fn take(&self) -> Option<(String, i64, String)> {
        let mut waiting = self.waiting();
        let Invocation { id, deadline_ms, event, answer } = waiting.queued.pop_front()?;
        waiting.running.insert(id.clone(), answer);
        Some((id, deadline_ms, event))
    }

    /// Ends an invocation; whether it was running.
    fn end(&self, id: &str, outcome: Outcome) -> bool {
        let answer = self.waiting().running.remove(id);
        answer.is_some_and(|answer| answer.send(outcome).is_ok())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn router(invocations: Arc<Invocations>) -> Router {
    let paths = Router::new()
        .route("/runtime/invocation/next", get(next))
        .route("/runtime/invocation/{id}/response", post(response))
        .route("/runtime/invocation/{id}/error", post(error))
        .route("/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::disable())
        .with_state(invocations);
    Router::new().nest("/2018-06-01", paths)
}

async fn next(State(invocations): State<Arc<Invocations>>) -> Response {
    let (id, deadline_ms, event) = invocations.next().await;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:000000000000:function:local".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
    ];
    (headers, event).into_response()
}

async fn response(
    State(invocations): State<Arc<Invocations>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if body.len() > PAYLOAD_LIMIT_BYTES {
        let message = format!("the response has {} bytes", body.len());
        invocations.end(&id, Err(FunctionError::new("Function.ResponseSizeTooLarge", message)));
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "Exceeded maximum allowed payload size",
        );
    }
    if headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming") {
        let message = "streamed responses are not supported here";
        invocations.end(&id, Err(FunctionError::new("Runtime.InvalidResponseMode", message)));
        return refusal(StatusCode::BAD_REQUEST, "InvalidResponseMode", message);
    }
    // Lambda hands on any text; a caller here wants JSON.
    let outcome = serde_json::from_slice(&body)
        .map_err(|error| FunctionError::new("Runtime.InvalidResponse", format!("the response is not JSON: {error}")));
    accepted(invocations.end(&id, outcome))
}

async fn error(
    State(invocations): State<Arc<Invocations>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    accepted(invocations.end(&id, Err(reported(&headers, &body))))
}

async fn init_error(State(invocations): State<Arc<Invocations>>, headers: HeaderMap, body: Bytes) -> Response {
    invocations.break_with(&reported(&headers, &body));
    accepted(true)
}

/// The error as the function reports it: in the body, its kind otherwise in a header.
fn reported(headers: &HeaderMap, body: &[u8]) -> FunctionError {
    let report: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| report.get(name).and_then(Value::as_str);
    let header = headers.get("lambda-runtime-function-error-type").and_then(|value| value.to_str().ok());
    FunctionError::new(text("errorType").or(header).unwrap_or("Unhandled"), text("errorMessage").unwrap_or_default())
}

fn accepted(known: bool) -> Response {
    if known {
        (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
    } else {
        refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
    }
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": kind, "errorMessage": message }))).into_response()
}
