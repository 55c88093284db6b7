//! The four requests of the Runtime API, and the invocations between them and the test.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, body::Bytes};
use serde_json::{Value, json};
use shared::clock::TimeSource;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::stream::{self, StreamedResponse};
use super::{EVENT_LIMIT_BYTES, FunctionError, RESPONSE_LIMIT_BYTES};
use crate::SystemClock;

/// What a function answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// All at once.
    Whole(Value),
    /// In pieces.
    Streamed(StreamedResponse),
}

type Outcome = Result<Answer, FunctionError>;
pub(super) type AnswerSender = oneshot::Sender<Outcome>;

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
    running: HashMap<String, Running>,
    /// Why no instance will ever ask again, until another is started.
    broken: Option<FunctionError>,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    deadline_ms: i64,
    deadline: Instant,
    event: String,
    answer: AnswerSender,
}

/// An invocation that an instance works on.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) answer: AnswerSender,
    pub(super) deadline: Instant,
    pub(super) instance: Arc<Instance>,
}

/// One process. Once killed it is given nothing any more, also while it still lives.
#[derive(Debug, Default)]
pub(super) struct Instance {
    is_killed: AtomicBool,
    killed: Notify,
}

impl Instance {
    /// Waits until the process is to be ended.
    pub(super) async fn killed(&self) {
        self.killed.notified().await;
    }
}

impl Invocations {
    pub(super) async fn invoke(&self, event: Value, timeout: Duration) -> Outcome {
        let event = event.to_string();
        if event.len() > EVENT_LIMIT_BYTES {
            let message =
                format!("Request must be smaller than {EVENT_LIMIT_BYTES} bytes for the InvokeFunction operation");
            return Err(FunctionError::new("RequestEntityTooLargeException", message));
        }
        let (answer, outcome) = oneshot::channel();
        let deadline = Instant::now() + timeout;
        let id = {
            let mut waiting = self.waiting();
            if let Some(error) = &waiting.broken {
                return Err(error.clone());
            }
            waiting.count += 1;
            let id = format!("00000000-0000-4000-8000-{:012x}", waiting.count);
            let deadline_ms = SystemClock.now().plus(timeout).as_milliseconds();
            waiting.queued.push_back(Invocation { id: id.clone(), deadline_ms, deadline, event, answer });
            id
        };
        self.arrived.notify_waiters();
        match tokio::time::timeout_at(deadline, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(FunctionError::new("Runtime.Unknown", "the server of the Runtime API ended")),
            Err(_) => {
                let running = {
                    let mut waiting = self.waiting();
                    waiting.queued.retain(|queued| queued.id != id);
                    waiting.running.remove(&id)
                };
                if let Some(running) = running {
                    self.kill(&running.instance);
                }
                Err(FunctionError::timed_out())
            }
        }
    }

    /// Ends an instance, as Lambda does when an invocation's time is up.
    pub(super) fn kill(&self, instance: &Instance) {
        // Under the lock under which invocations are given out, so that none is given to it from now on.
        let _waiting = self.waiting();
        instance.is_killed.store(true, Ordering::SeqCst);
        instance.killed.notify_one();
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
        let running = std::mem::take(&mut waiting.running).into_values().map(|running| running.answer);
        for answer in queued.chain(running) {
            // Nobody listens any more when the invocation's time is up.
            let _ = answer.send(Err(error.clone()));
        }
    }

    /// The oldest invocation that waits, as soon as there is one: its id, its deadline and its event.
    async fn next(&self, instance: &Arc<Instance>) -> (String, i64, String) {
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            if let Some(next) = self.take(instance) {
                return next;
            }
            arrived.await;
        }
    }

    /// Moves the oldest waiting invocation to the running ones.
    fn take(&self, instance: &Arc<Instance>) -> Option<(String, i64, String)> {
        let mut waiting = self.waiting();
        if instance.is_killed.load(Ordering::SeqCst) {
            return None;
        }
        let Invocation { id, deadline_ms, deadline, event, answer } = waiting.queued.pop_front()?;
        waiting.running.insert(id.clone(), Running { answer, deadline, instance: Arc::clone(instance) });
        Some((id, deadline_ms, event))
    }

    /// Takes an invocation from the running ones.
    fn running(&self, id: &str) -> Option<Running> {
        self.waiting().running.remove(id)
    }

    /// Ends an invocation; whether it was running.
    fn end(&self, id: &str, outcome: Outcome) -> bool {
        self.running(id).is_some_and(|running| running.answer.send(outcome).is_ok())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the requests of one instance need.
#[derive(Clone)]
struct Served {
    invocations: Arc<Invocations>,
    instance: Arc<Instance>,
}

/// The Runtime API of one instance.
pub(super) fn router(invocations: Arc<Invocations>, instance: Arc<Instance>) -> Router {
    let paths = Router::new()
        .route("/runtime/invocation/next", get(next))
        .route("/runtime/invocation/{id}/response", post(response))
        .route("/runtime/invocation/{id}/error", post(error))
        .route("/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::disable())
        .with_state(Served { invocations, instance });
    Router::new().nest("/2018-06-01", paths)
}

async fn next(State(served): State<Served>) -> Response {
    let (id, deadline_ms, event) = served.invocations.next(&served.instance).await;
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:000000000000:function:local".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-69560e80-1f2e3d4c5b6a798887968574;Sampled=0".to_owned()),
    ];
    (headers, event).into_response()
}

async fn response(
    State(Served { invocations, .. }): State<Served>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming") {
        return match invocations.running(&id) {
            Some(running) => stream::receive(&invocations, running, &headers, body).await,
            None => accepted(false),
        };
    }
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return refusal(StatusCode::BAD_REQUEST, "InvalidResponse", &error.to_string()),
    };
    if body.len() > RESPONSE_LIMIT_BYTES {
        let message = format!(
            "Response payload size ({} bytes) exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes).",
            body.len()
        );
        invocations.end(&id, Err(FunctionError::new("Function.ResponseSizeTooLarge", message)));
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "Exceeded maximum allowed payload size",
        );
    }
    // Lambda hands on any text; a caller here wants JSON.
    let outcome = serde_json::from_slice(&body).map(Answer::Whole);
    let invalid = |error| FunctionError::new("Runtime.InvalidResponse", format!("the response is not JSON: {error}"));
    accepted(invocations.end(&id, outcome.map_err(invalid)))
}

async fn error(
    State(Served { invocations, .. }): State<Served>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    accepted(invocations.end(&id, Err(reported(&headers, &body))))
}

async fn init_error(State(Served { invocations, .. }): State<Served>, headers: HeaderMap, body: Bytes) -> Response {
    invocations.break_with(&reported(&headers, &body));
    accepted(true)
}

/// The error as the function reports it: in the body, its kind otherwise in a header.
pub(super) fn reported(headers: &HeaderMap, body: &[u8]) -> FunctionError {
    let report: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| report.get(name).and_then(Value::as_str);
    let header = headers.get("lambda-runtime-function-error-type").and_then(|value| value.to_str().ok());
    FunctionError::new(text("errorType").or(header).unwrap_or("Unhandled"), text("errorMessage").unwrap_or_default())
}

pub(super) fn accepted(known: bool) -> Response {
    if known {
        (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
    } else {
        refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
    }
}

pub(super) fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": kind, "errorMessage": message }))).into_response()
}
