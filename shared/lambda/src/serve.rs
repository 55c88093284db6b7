//! The loops of functions that read a queue or a stream, and what all loops share.

use std::convert::Infallible;
use std::fmt::Display;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use shared::clock::{Clock, Timestamp};
use shared::config::ConfigError;

use crate::batch::{JobError, handle_batch_within};
use crate::host::{Host, StartError, both};
use crate::logging;
use crate::stream::handle_stream;

/// The variable that names the dead letters of the queue a function reads.
pub const DEAD_LETTER_QUEUE_URL: &str = "DEAD_LETTER_QUEUE_URL";

/// What is kept of an invocation's time for reporting how it went.
const REPORTING_TIME: Duration = Duration::from_secs(1);

/// Starts the logging and builds the host.
pub(crate) async fn start(function: &'static str) -> Result<Host, StartError> {
    logging::start(function);
    setup_of(Host::from_environment().await)
}

/// Logs why a start fails, in the form of every other line; what `main` returns is printed without any.
pub(crate) fn setup_of<T, E: Into<StartError>>(outcome: Result<T, E>) -> Result<T, StartError> {
    outcome.map_err(Into::into).inspect_err(|error| tracing::error!(%error, "the function cannot start"))
}

/// How long an invocation with this deadline, in milliseconds since 1970, may still work.
pub(crate) fn remaining(clock: &Clock, deadline_ms: u64) -> Duration {
    let deadline = Timestamp::from_milliseconds(i64::try_from(deadline_ms).unwrap_or(i64::MAX));
    deadline.since(clock.now()).saturating_sub(REPORTING_TIME)
}

/// Runs a function that reads a queue of `T`. `setup` builds its work from the host once; [`crate::handle_batch`] says what becomes of each
/// message. The dead letters are the queue that [`DEAD_LETTER_QUEUE_URL`] names. A message whose work is not done a second before the
/// invocation's time is up comes again, so that the others are not lost with it.
///
/// # Errors
/// When the configuration is not usable, or Lambda's runtime interface fails.
pub async fn serve_queue<T, E, W>(
    function: &'static str,
    setup: impl FnOnce(&Host) -> Result<W, ConfigError>,
) -> Result<(), Error>
where
    T: DeserializeOwned,
    E: Into<JobError>,
    W: AsyncFn(T) -> Result<(), E>,
{
    let host = start(function).await?;
    let (dead_letters, work) = setup_of(both(host.queue(DEAD_LETTER_QUEUE_URL), setup(&host)))?;
    let (clock, dead_letters, work) = (&host.services.clock, &dead_letters, &work);
    let handle = |event: LambdaEvent<SqsEvent>| async move {
        let left = remaining(clock, event.context.deadline);
        Ok::<_, Infallible>(handle_batch_within(event.payload, dead_letters, Some(left), work).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// Runs a function that follows a DynamoDB stream. `setup` builds its work from the host once; [`handle_stream`] says in which order
/// records come and what a failure does. A record whose work is not done a second before the invocation's time is up counts as failed, so
/// that those before it are not repeated.
///
/// # Errors
/// When the configuration is not usable, or Lambda's runtime interface fails.
pub async fn serve_stream<E, W>(
    function: &'static str,
    setup: impl FnOnce(&Host) -> Result<W, ConfigError>,
) -> Result<(), Error>
where
    E: Display,
    W: AsyncFn(EventRecord) -> Result<(), E>,
{
    let host = start(function).await?;
    let work = setup_of(setup(&host))?;
    let (clock, work) = (&host.services.clock, &work);
    let handle = |event: LambdaEvent<Event>| async move {
        let deadline = event.context.deadline;
        let timed =
            async |record: EventRecord| match tokio::time::timeout(remaining(clock, deadline), work(record)).await {
                Ok(outcome) => outcome.map_err(|error| error.to_string()),
                Err(_) => Err("the invocation's time is up".to_owned()),
            };
        Ok::<_, Infallible>(handle_stream(event.payload, timed).await)
    };
    lambda_runtime::run(service_fn(handle)).await
}
