//! Logging: one JSON object a line on the console, from which Workers Logs takes the fields.
//!
//! The lines are those of the Lambda host: the fields of all spans that a line stands in are fields of the line, a span's `id` under the
//! span's name (`request.id`). This is a subscriber of its own, because those that can be had bring a formatter and a registry for many
//! threads into a program whose size counts.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use shared::clock::TimeSource;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use worker::{console_error, console_log, console_warn};

use crate::clock::PlatformClock;

/// What is less important is dropped: the AWS SDK alone writes dozens of lines for each call.
const LEVEL: LevelFilter = LevelFilter::INFO;

/// Sends the program's events and what panics say to the console from now on. A second call changes nothing.
pub(crate) fn start(function: &'static str) {
    if tracing::subscriber::set_global_default(Console { function, spans: Mutex::default() }).is_ok() {
        // The hook before this one tells the JavaScript side that the instance is lost (infra/edge/panic_guard.mjs).
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, cause = panic.payload_as_str().unwrap_or_default(), "a function panicked");
            before(panic);
        }));
    }
}

struct Console {
    function: &'static str,
    spans: Mutex<Spans>,
}

/// The spans that are open, and those of them that the program is in right now, the innermost last.
#[derive(Default)]
struct Spans {
    last_id: u64,
    open: HashMap<u64, Open>,
    entered: Vec<u64>,
}

struct Open {
    metadata: &'static Metadata<'static>,
    fields: Map<String, Value>,
    parent: Option<u64>,
    handles: usize,
}

impl Console {
    fn spans(&self) -> MutexGuard<'_, Spans> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spans {
    /// The fields of the span `id` and of those around it; of two with the same name the inner one's counts.
    fn fields(&self, id: Option<u64>) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut next = id;
        while let Some(span) = next.and_then(|id| self.open.get(&id)) {
            for (name, value) in &span.fields {
                fields.entry(name).or_insert_with(|| value.clone());
            }
            next = span.parent;
        }
        fields
    }
}

impl Subscriber for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= LEVEL
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LEVEL)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::of_span(attributes.metadata());
        attributes.record(&mut fields);
        let mut spans = self.spans();
        let parent = match attributes.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if attributes.is_contextual() => spans.entered.last().copied(),
            None => None,
        };
        spans.last_id += 1;
        let id = spans.last_id;
        spans.open.insert(id, Open { metadata: attributes.metadata(), fields: fields.values, parent, handles: 1 });
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if let Some(span) = self.spans().open.get_mut(&id.into_u64()) {
            let mut fields = Fields::of_span(span.metadata);
            values.record(&mut fields);
            span.fields.append(&mut fields.values);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let spans = self.spans();
        let span = event.parent().map(Id::into_u64).or_else(|| spans.entered.last().copied());
        let mut line = spans.fields(span);
        drop(spans);
        line.append(&mut fields.values);

        let metadata = event.metadata();
        // After the fields, so that none of them can pass for one of these.
        line.insert("timestamp".to_owned(), PlatformClock::new(Duration::ZERO).now().to_string().into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        line.insert("target".to_owned(), metadata.target().into());
        line.insert("function".to_owned(), self.function.into());
        let line = Value::from(line);
        match *metadata.level() {
            Level::ERROR => console_error!("{line}"),
            Level::WARN => console_warn!("{line}"),
            _ => console_log!("{line}"),
        }
    }

    fn enter(&self, id: &Id) {
        self.spans().entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let mut spans = self.spans();
        if let Some(position) = spans.entered.iter().rposition(|entered| *entered == id.into_u64()) {
            spans.entered.remove(position);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = self.spans().open.get_mut(&id.into_u64()) {
            span.handles += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut spans = self.spans();
        let Some(span) = spans.open.get_mut(&id.into_u64()) else { return false };
        span.handles = span.handles.saturating_sub(1);
        let closed = span.handles == 0;
        if closed {
            spans.open.remove(&id.into_u64());
        }
        closed
    }
}

/// Collects fields as JSON.
#[derive(Default)]
struct Fields {
    /// The span that the fields are of; `id` alone would say nothing in a line, so there it stands with its span's name.
    span: Option<&'static str>,
    values: Map<String, Value>,
}

impl Fields {
    fn of_span(metadata: &Metadata<'static>) -> Self {
        Self { span: Some(metadata.name()), values: Map::new() }
    }

    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        let name = match (self.span, field.name()) {
            (Some(span), "id") => format!("{span}.id"),
            (_, name) => name.to_owned(),
        };
        self.values.insert(name, value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }
}
