//! Logs as JSON, one object to a line, in the fields that CloudWatch Logs Insights and Lambda's own lines use.
//!
//! The fields of all spans that a line stands in are fields of the line, so that whatever a function logs can be found by the request it
//! belongs to: `requestId` is Lambda's, `request_id` the one that the caller got in `X-Request-Id`. `RUST_LOG` sets the level, or levels by
//! target (`info,hyper=warn`); without it the function's `ApplicationLogLevel` counts, which Lambda hands on in `AWS_LAMBDA_LOG_LEVEL`.

use std::io::Write;
use std::panic::PanicHookInfo;

use shared::clock::TimeSource;
use shared::telemetry::{Fields, Source};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::native::SystemClock;

/// The crates, by the beginnings of their names, whose lines below `INFO` hold what people wrote, and tokens.
const QUOTING: [&str; 6] = ["aws", "lambda", "hyper", "h2", "reqwest", "rustls"];

/// Writes all logs of this process to its standard output, and what panics say to the logs. A second call changes nothing.
pub fn start(function: &'static str) {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let (filter, fault) = filter(variable("RUST_LOG").as_deref(), variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let source = Source::new(function, variable("ENVIRONMENT").unwrap_or_default());
    let lines = JsonLines::new(source, |line| {
        // A log that cannot be written has nowhere to be reported.
        let _ = std::io::stdout().lock().write_all(line);
    });
    if tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines.with_filter(filter))).is_ok() {
        std::panic::set_hook(Box::new(log_panic));
        if let Some(fault) = fault {
            tracing::warn!(fault, "RUST_LOG is malformed and does not count");
        }
    }
}

/// The filter of these settings, and what was wrong with them. Lambda's levels are ours, but for `FATAL`, which we do not tell from an error.
pub(crate) fn filter(rust_log: Option<&str>, lambda_level: Option<&str>) -> (Targets, Option<String>) {
    let level = match lambda_level {
        Some("FATAL") => Level::ERROR,
        other => other.and_then(|text| text.parse().ok()).unwrap_or(Level::INFO),
    };
    let by_level = Targets::new().with_default(level);
    match rust_log.map(str::parse::<Targets>) {
        None => (by_level, None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (by_level, Some(error.to_string())),
    }
}

/// Whether spans and events of this kind may hold what people wrote, or tokens: no setting may bring those into a log.
fn quotes(metadata: &Metadata<'_>) -> bool {
    *metadata.level() > Level::INFO && QUOTING.iter().any(|crates| metadata.target().starts_with(crates))
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, cause = info.payload_as_str().unwrap_or_default(), "a function panicked");
}

/// The layer that makes lines of events and hands each, with its line break, to `W`.
pub(crate) struct JsonLines<W> {
    source: Source,
    write: W,
}

impl<W: Fn(&[u8])> JsonLines<W> {
    pub(crate) fn new(source: Source, write: W) -> Self {
        Self { source, write }
    }
}

/// The fields of a span, kept with it.
struct SpanFields(Fields);

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| !quotes(span.metadata())) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(SpanFields(fields));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(SpanFields(known)) = span.extensions_mut().get_mut() {
            record.record(known);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if quotes(event.metadata()) {
            return;
        }
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(SpanFields(known)) = span.extensions().get() {
                fields.add(known);
            }
        }
        event.record(&mut fields);
        let mut line = self.source.line(SystemClock.now(), event.metadata(), fields);
        line.push('\n');
        (self.write)(line.as_bytes());
    }
}
