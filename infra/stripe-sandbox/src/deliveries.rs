//! Events on their way to the platform.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vendors::stripe::webhook::sign;

use crate::state::{Happening, State};
use crate::{Sandbox, WEBHOOK_SECRET};

/// How long an event waits before it is sent again that was not taken, in seconds; it doubles with each attempt.
const PAUSE: i64 = 5;
/// How often an event is sent at most.
const ATTEMPTS: u32 = 12;

/// An event that is to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    event: String,
    due_at: i64,
    attempts: u32,
}

/// An event as it is sent.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The event's id.
    pub event_id: String,
    /// Its type.
    pub kind: String,
    /// The body.
    pub body: String,
    /// The header `Stripe-Signature`.
    pub signature: String,
}

impl State {
    /// Notes that something happened, to be told.
    pub(crate) fn happened(&mut self, kind: &str, object: Value) {
        let (id, created) = (self.id("evt"), self.now);
        let body = json!({
            "id": id, "object": "event", "api_version": self.shape.version(), "created": created, "livemode": false,
            "type": kind, "pending_webhooks": 1, "request": {"id": null, "idempotency_key": null}, "data": {"object": object},
        });
        self.waiting.push(Waiting { event: id.clone(), due_at: created, attempts: 0 });
        self.events.push(Happening { id, body, kind: kind.to_owned(), created });
    }
}

impl Sandbox {
    /// The events whose time has come, signed as of now. Each waits for its next attempt unless it is said to be [`Self::delivered`].
    pub fn deliveries(&self) -> Vec<Delivery> {
        let now = self.now();
        self.act(|state| {
            let State { waiting, events, .. } = state;
            let mut due = Vec::new();
            for one in waiting.iter_mut().filter(|one| one.due_at <= now.as_seconds()) {
                one.attempts = one.attempts.saturating_add(1);
                one.due_at = now.as_seconds().saturating_add(PAUSE << one.attempts.min(16));
                let Some(event) = events.iter().find(|event| event.id == one.event) else { continue };
                let body = event.body.to_string();
                let signature = sign(WEBHOOK_SECRET, body.as_bytes(), now).unwrap_or_default();
                due.push(Delivery { event_id: event.id.clone(), kind: event.kind.clone(), body, signature });
            }
            waiting.retain(|one| one.attempts < ATTEMPTS);
            due
        })
    }

    /// The platform took an event.
    pub fn delivered(&self, event: &str) {
        self.act(|state| state.waiting.retain(|one| one.event != event));
    }

    /// How many events wait to be taken.
    pub fn undelivered(&self) -> usize {
        self.act(|state| state.waiting.len())
    }

    /// Forgets what waits: events that never arrive, of which only the list knows.
    pub fn lose_deliveries(&self) {
        self.act(|state| state.waiting.clear());
    }
}
