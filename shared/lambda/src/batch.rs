//! Working off a batch of SQS messages so that no message decides over another.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::FutureExt;
use futures_util::stream::{self, StreamExt};
use serde::de::DeserializeOwned;
use shared::problem::Problem;
use shared::telemetry::{Measures, Meter, Metric};
use tokio::time::Instant;
use tracing::Instrument;

use crate::queue::{QueueError, QueueSender};

/// How many messages of a batch are worked on at once: SQS's default batch, so usually all.
const CONCURRENCY: usize = 10;
/// How many characters of a reason a dead letter carries.
const REASON_LIMIT: usize = 1_000;

/// Why a message was not dealt with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It may succeed later: the queue delivers the message again, and after its limit moves it to the dead letters by itself.
    #[error("to be tried again: {0}")]
    Retry(String),
    /// It can never succeed: the message becomes a dead letter at once.
    #[error("rejected: {0}")]
    Reject(String),
}

impl From<Problem> for JobError {
    /// What a caller could not mend either is tried again: our own faults, a busy store, conflicts and limits. The rest is rejected.
    fn from(problem: Problem) -> Self {
        let status = problem.status().as_u16();
        if status >= 500 || matches!(status, 409 | 429) {
            Self::Retry(problem.to_string())
        } else {
            Self::Reject(problem.to_string())
        }
    }
}

/// A message that cannot be dealt with, ever.
struct Rejection {
    /// What the log says: never a part of the body.
    logged: String,
    /// What the dead letter says, beside the body itself.
    reason: String,
}

/// Gives every message of a batch to `work`, several at once and in no order, and reports those that must come again.
///
/// A body that cannot be read and a [`JobError::Reject`] go to the dead letters with the attributes `reason` and `sourceMessageId`. What
/// cannot go there, a [`JobError::Retry`] and a panic are reported as failed, so that the queue delivers them again. A message may
/// therefore come more than once, and may become a dead letter more than once.
pub async fn handle_batch<T, E, F>(event: SqsEvent, dead_letters: &QueueSender, work: F) -> SqsBatchResponse
where
    T: DeserializeOwned,
    E: Into<JobError>,
    F: AsyncFn(T) -> Result<(), E>,
{
    handle_batch_within(event, dead_letters, None, work).await
}

/// The same, when a batch has this time: a message that is not dealt with by then, its way to the dead letters included, comes again.
pub(crate) async fn handle_batch_within<T, E, F>(
    event: SqsEvent,
    dead_letters: &QueueSender,
    time: Option<Duration>,
    work: F,
) -> SqsBatchResponse
where
    T: DeserializeOwned,
    E: Into<JobError>,
    F: AsyncFn(T) -> Result<(), E>,
{
    let deadline = time.map(|time| Instant::now() + time);
    let work = &work;
    let failures = stream::iter(event.records)
        .map(|record| async move {
            // Without an identifier nothing can be reported but the whole batch, which an empty one does.
            let id = record.message_id.clone().unwrap_or_default();
            let receive_count = record.attributes.get("ApproximateReceiveCount").map_or("", String::as_str);
            let (correlation_id, trace_id) = (tracing::field::Empty, tracing::field::Empty);
            let span = tracing::info_span!("message", message_id = id, receive_count, correlation_id, trace_id);
            let (began, meter) = (Instant::now(), Arc::new(Meter::default()));
            let settled = meter.measure(settle(&id, record, dead_letters, work)).instrument(span.clone());
            let settled = match deadline {
                None => settled.await,
                Some(deadline) => {
                    let late = |_| Settled::Retry("the invocation's time is up".to_owned());
                    tokio::time::timeout_at(deadline, settled).await.unwrap_or_else(late)
                }
            };
            span.in_scope(|| settled.log(began.elapsed(), &meter));
            (!settled.is_over()).then_some(id)
        })
        .buffer_unordered(CONCURRENCY)
        .filter_map(std::future::ready)
        .collect::<Vec<_>>()
        .await;
    let mut response = SqsBatchResponse::default();
    response.set_failures(failures);
    response
}

/// How one message ended.
enum Settled {
    Done,
    /// It comes again.
    Retry(String),
    /// It became a dead letter.
    DeadLetter(String),
    /// It should have become a dead letter and comes again, since the dead letters did not take it.
    NotTaken(String, QueueError),
}

impl Settled {
    /// Whether the queue may forget the message.
    const fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::DeadLetter(_))
    }

    /// One line for the message, with its figures.
    fn log(&self, elapsed: Duration, meter: &Meter) {
        let failed = !matches!(self, Self::Done);
        let measures = Measures::new()
            .with(Metric::Messages, 1)
            .with(Metric::MessageFailures, u64::from(failed))
            .with_time(Metric::MessageTime, elapsed)
            .with_store(meter);
        match self {
            Self::Done => tracing::info!(outcome = "done", metrics = %measures, "message handled"),
            Self::Retry(reason) => tracing::warn!(outcome = "retry", reason, metrics = %measures, "message failed"),
            Self::DeadLetter(reason) => {
                tracing::error!(outcome = "dead letter", reason, metrics = %measures, "message rejected");
            }
            Self::NotTaken(reason, error) => {
                tracing::error!(outcome = "retry", reason, %error, metrics = %measures, "message rejected, but the dead letters did not take it");
            }
        }
    }
}

/// Deals with one message.
async fn settle<T, E, F>(id: &str, record: SqsMessage, dead_letters: &QueueSender, work: &F) -> Settled
where
    T: DeserializeOwned,
    E: Into<JobError>,
    F: AsyncFn(T) -> Result<(), E>,
{
    let body = record.body.unwrap_or_default();
    let rejection = match parse::<T>(&body) {
        Err(rejection) => rejection,
        // Boxed, so that the depth of a function's own futures does not add to that of the loops around them: the compiler has a limit.
        Ok(message) => match AssertUnwindSafe(Box::pin(async { work(message).await })).catch_unwind().await {
            Ok(Ok(())) => return Settled::Done,
            Ok(Err(error)) => match error.into() {
                JobError::Reject(reason) => Rejection { logged: reason.clone(), reason },
                JobError::Retry(reason) => return Settled::Retry(reason),
            },
            // The panic itself is in the log already, by the hook that logging sets.
            Err(_panic) => return Settled::Retry("the function panicked".to_owned()),
        },
    };
    let Rejection { logged, reason } = rejection;
    match dead_letters.send_text(body, [("reason", &attribute_text(&reason)), ("sourceMessageId", id)]).await {
        Ok(()) => Settled::DeadLetter(logged),
        Err(error) => Settled::NotTaken(logged, error),
    }
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Rejection> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let read =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| match error.path().to_string().as_str() {
            "." => (String::new(), error.into_inner()),
            path => (format!(" at {path}"), error.into_inner()),
        });
    let whole = read.and_then(|value| deserializer.end().map(|()| value).map_err(|error| (String::new(), error)));
    whole.map_err(|(place, error)| {
        // What serde says may quote the body, so the log gets the place alone.
        let logged = format!("malformed body{place}, line {} column {}", error.line(), error.column());
        Rejection { logged, reason: format!("malformed body{place}: {error}") }
    })
}

/// The text as an attribute may hold it: not empty, not long, no control characters, of which SQS takes none.
fn attribute_text(text: &str) -> String {
    let clean = |character: char| match character {
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        other if other.is_control() => ' ',
        other => other,
    };
    let text: String = text.chars().take(REASON_LIMIT).map(clean).collect();
    if text.trim().is_empty() { "no reason given".to_owned() } else { text }
}
