//! Logging: one JSON object a line on the console, from which Workers Logs takes the fields.
//!
//! The lines are those of the Lambda host: the fields of all spans that a line stands in are fields of the line. This is a subscriber of
//! its own, because those that can be had bring a formatter and a registry for many threads into a program whose size counts.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::clock::TimeSource;
use shared::telemetry::{Fields, Source};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use worker::{console_error, console_log, console_warn};

use crate::clock::PlatformClock;

/// What is less important is dropped: the AWS SDK alone writes dozens of lines for each call.
const LEVEL: LevelFilter = LevelFilter::INFO;

/// Sends the program's events and what panics say to the console from now on. A second call changes nothing.
pub(crate) fn start(source: Source) {
    if tracing::subscriber::set_global_default(Console { source, spans: Mutex::default() }).is_ok() {
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
    source: Source,
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
    fields: Fields,
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
    fn fields(&self, id: Option<u64>) -> Fields {
        let mut fields = Fields::default();
        if let Some(span) = id.and_then(|id| self.open.get(&id)) {
            fields = self.fields(span.parent);
            fields.add(&span.fields);
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
        spans.open.insert(id, Open { fields, parent, handles: 1 });
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if let Some(span) = self.spans().open.get_mut(&id.into_u64()) {
            values.record(&mut span.fields);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let spans = self.spans();
        let span = event.parent().map(Id::into_u64).or_else(|| spans.entered.last().copied());
        let mut fields = spans.fields(span);
        drop(spans);
        event.record(&mut fields);
        let line = self.source.line(PlatformClock.now(), event.metadata(), fields);
        match *event.metadata().level() {
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
