//! Logging: one JSON object a line on the console, from which Workers Logs takes the fields.
//!
//! The lines have the form of those on Lambda. This is a subscriber of its own, because those that can be had bring a formatter and a
//! registry for many threads into a program whose size counts.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Sends the program's events to the console from now on.
pub(crate) fn start() {
    // It fails only if it was called before, and then it has happened.
    drop(tracing::subscriber::set_global_default(Console::default()));
}

#[derive(Default)]
struct Console {
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
    /// The fields of the span `id` and of those around it; an inner one's stand before an outer one's of the same name.
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
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut spans = self.spans();
        let parent = match attributes.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if attributes.is_contextual() => spans.entered.last().copied(),
            None => None,
        };
        spans.last_id += 1;
        let id = spans.last_id;
        spans.open.insert(id, Open { fields: fields.0, parent, handles: 1 });
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = self.spans().open.get_mut(&id.into_u64()) {
            span.fields.append(&mut fields.0);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = fields.0;
        let spans = self.spans();
        let span = event.parent().map(Id::into_u64).or_else(|| spans.entered.last().copied());
        let around = spans.fields(span);
        drop(spans);

        let metadata = event.metadata();
        let now = PlatformClock::new(std::time::Duration::ZERO).now();
        line.insert("timestamp".to_owned(), now.to_string().into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        line.insert("target".to_owned(), metadata.target().into());
        if !around.is_empty() {
            line.insert("span".to_owned(), around.into());
        }
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

/// The fields of an event or a span as JSON.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
