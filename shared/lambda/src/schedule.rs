//! Functions that EventBridge starts at their times.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::Value;
use shared::clock::Timestamp;
use shared::config::ConfigError;
use shared::telemetry::{Measures, Meter};

use crate::host::Host;
use crate::serve::{remaining, setup_of, start};

/// One occasion of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// EventBridge's identifier of the occasion: the same when Lambda tries it again.
    pub id: String,
    /// The time it was for, to which the function must keep, however late it comes or often it is tried.
    pub time: Timestamp,
    /// The ARN of the rule or schedule, if it is named.
    pub resource: Option<String>,
    /// How long the function may take from now on.
    pub remaining: Duration,
}

/// A payload that no schedule sends.
#[derive(Debug, thiserror::Error)]
#[error("expected the event of an EventBridge rule or schedule, but {0}")]
pub(crate) struct MalformedSchedule(String);

impl Schedule {
    /// Reads the event of an EventBridge rule (`aws.events`) or of the EventBridge Scheduler (`aws.scheduler`).
    pub(crate) fn parse(payload: &Value, remaining: Duration) -> Result<Self, MalformedSchedule> {
        let Value::Object(fields) = payload else {
            return Err(MalformedSchedule(format!("{} came", kind(payload))));
        };
        let text = |name: &str| {
            fields.get(name).and_then(Value::as_str).ok_or_else(|| {
                let names = fields.keys().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
                MalformedSchedule(format!("an object without a text `{name}` came, with the fields: {names}"))
            })
        };
        let source = text("source")?;
        if !matches!(source, "aws.events" | "aws.scheduler") {
            return Err(MalformedSchedule(format!("an event of the source `{source}` came")));
        }
        let time = text("time")?;
        let time = time.parse().map_err(|error| MalformedSchedule(format!("its time was `{time}`: {error}")))?;
        let resource = fields.get("resources").and_then(|list| list.get(0)).and_then(Value::as_str).map(str::to_owned);
        Ok(Self { id: text("id")?.to_owned(), time, resource, remaining })
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Runs a function that schedules start. `setup` builds its work from the host once; what the work answers is the invocation's result.
///
/// A failed invocation is an error of the function: Lambda tries it twice more, then gives it to the function's destination for failures.
///
/// # Errors
/// When the configuration is not usable, or Lambda's runtime interface fails.
pub async fn serve_schedule<R, E, W>(
    function: &'static str,
    setup: impl FnOnce(&Host) -> Result<W, ConfigError>,
) -> Result<(), Error>
where
    R: Serialize,
    E: Display,
    W: AsyncFn(Schedule) -> Result<R, E>,
{
    let host = start(function).await?;
    let work = setup_of(setup(&host))?;
    let (host, work) = (&host, &work);
    let handle = |event: LambdaEvent<Value>| async move {
        let left = remaining(&host.services.clock, event.context.deadline);
        answer(&event.payload, left, work).await
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// Does the work of one occasion.
pub(crate) async fn answer<R, E, W>(payload: &Value, remaining: Duration, work: &W) -> Result<R, Diagnostic>
where
    E: Display,
    W: AsyncFn(Schedule) -> Result<R, E>,
{
    let meter = Arc::new(Meter::default());
    let fault = |kind: &str, error: &dyn Display| {
        let measures = Measures::new().with_store(&meter);
        tracing::error!(outcome = "failed", reason = %error, metrics = %measures, "schedule failed");
        Diagnostic { error_type: kind.to_owned(), error_message: error.to_string() }
    };
    let schedule = Schedule::parse(payload, remaining).map_err(|error| fault("MalformedEvent", &error))?;
    let (id, time) = (schedule.id.clone(), schedule.time);
    let result = meter.measure(Box::pin(work(schedule))).await.map_err(|error| fault("ScheduleFailed", &error))?;
    let measures = Measures::new().with_store(&meter);
    tracing::info!(outcome = "done", schedule = id, %time, metrics = %measures, "schedule handled");
    Ok(result)
}
