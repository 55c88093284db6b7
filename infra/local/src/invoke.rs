//! Invoking a job as Lambda does: with the JSON of an event, for at most its time-out.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument;

use crate::journal::{Journal, Kind, Outcome, of_event};
use crate::pump::failures;

/// Jobs run on one thread, as on Lambda, so what they wait for need not be `Send`.
type Work = dyn Fn(Value) -> LocalBoxFuture<'static, Result<Value, String>> + Send + Sync;

/// An invocation in the making: a function, and what its event comes from.
pub struct Invocation<'a> {
    job: &'a Job,
    kind: Kind,
    /// The name of the queue, the table or the schedule.
    source: &'a str,
}

impl Invocation<'_> {
    /// The function's name.
    pub fn function(&self) -> &str {
        &self.job.name
    }

    /// Runs the function on an event with its rights, for at most its time-out, and enters it in the journal.
    pub async fn run(&self, event: Value) -> Result<Value, InvokeError> {
        let beginning = of_event(self.kind, &self.job.name, self.source, &event);
        self.job.journal.record(beginning, self.job.run(event), outcome).await
    }
}

/// What brings events to functions. AWS promises to bring each at least once, in the end; tests put something here that does no more.
pub trait Delivery: std::fmt::Debug + Send + Sync {
    /// Brings an event to a function; what the function answered.
    fn deliver<'a>(&'a self, to: Invocation<'a>, event: Value) -> LocalBoxFuture<'a, Result<Value, InvokeError>>;
}

/// Each event comes once and at once.
#[derive(Clone, Copy, Debug)]
pub struct DeliverOnce;

impl Delivery for DeliverOnce {
    fn deliver<'a>(&'a self, to: Invocation<'a>, event: Value) -> LocalBoxFuture<'a, Result<Value, InvokeError>> {
        async move { to.run(event).await }.boxed_local()
    }
}

/// A job: what an event source, a schedule or an operator starts.
#[derive(Clone)]
pub(crate) struct Job {
    name: String,
    timeout: Duration,
    delivery: Arc<dyn Delivery>,
    work: Arc<Work>,
    journal: Journal,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Job").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How an invocation failed.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The event is not one the function takes.
    #[error("{function} does not take this event: {reason}")]
    Event {
        /// The function.
        function: String,
        /// What is wrong with the event.
        reason: String,
    },
    /// The function answered with an error, or panicked.
    #[error("{function} failed: {reason}")]
    Failed {
        /// The function.
        function: String,
        /// What it said.
        reason: String,
    },
    /// The function took longer than the template allows.
    #[error("{function} took longer than its {seconds} seconds")]
    TimedOut {
        /// The function.
        function: String,
        /// Its time-out.
        seconds: u64,
    },
}

impl Job {
    /// A job that reads its event from JSON and answers with something that becomes JSON.
    pub(crate) fn new<I, O, E, F>(
        name: &str,
        timeout_seconds: u64,
        delivery: Arc<dyn Delivery>,
        journal: Journal,
        work: impl Fn(I) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        I: DeserializeOwned,
        O: Serialize,
        E: Display,
        F: Future<Output = Result<O, E>>,
    {
        let work = move |event: Value| {
            let work = work.clone();
            let invocation = async move {
                let event = serde_json::from_value(event).map_err(|error| format!("event: {error}"))?;
                let answer = work(event).await.map_err(|error| error.to_string())?;
                serde_json::to_value(answer).map_err(|error| error.to_string())
            };
            invocation.boxed_local()
        };
        let (name, timeout) = (name.to_owned(), Duration::from_secs(timeout_seconds));
        Self { name, timeout, delivery, work: Arc::new(work), journal }
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Has the event delivered to the job; `source` names the queue, the table or the schedule that it comes from.
    pub(crate) async fn invoke(&self, kind: Kind, source: &str, event: Value) -> Result<Value, InvokeError> {
        self.delivery.deliver(Invocation { job: self, kind, source }, event).await
    }

    async fn run(&self, event: Value) -> Result<Value, InvokeError> {
        let function = self.name.clone();
        let span = tracing::info_span!("invocation", function);
        let work = std::panic::AssertUnwindSafe((self.work)(event)).catch_unwind().instrument(span);
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(reason))) if reason.starts_with("event: ") => Err(InvokeError::Event { function, reason }),
            Ok(Ok(Err(reason))) => Err(InvokeError::Failed { function, reason }),
            Ok(Err(_)) => Err(InvokeError::Failed { function, reason: "it panicked".to_owned() }),
            Err(_) => Err(InvokeError::TimedOut { function, seconds: self.timeout.as_secs() }),
        }
    }
}

/// How an invocation ended, without what it said.
fn outcome(result: &Result<Value, InvokeError>) -> Outcome {
    match result {
        Ok(answer) => match failures(answer).len() {
            0 => Outcome::new(true, "done"),
            count => Outcome::new(false, format!("{count} to come again")),
        },
        Err(InvokeError::Event { .. }) => Outcome::new(false, "event refused"),
        Err(InvokeError::Failed { .. }) => Outcome::new(false, "failed"),
        Err(InvokeError::TimedOut { .. }) => Outcome::new(false, "timed out"),
    }
}
