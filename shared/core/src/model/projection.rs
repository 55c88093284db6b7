//! What the projector remembers of an event: that it is projected, or that it could not be and must be tried again.
//!
//! Marker and failure of one event lie in one partition, so that one query tells both.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::due;
use crate::clock::Timestamp;
use crate::id::{EventId, OrganizationId};
use crate::problem::Problem;
use crate::store::{Entity, Indexes, Key, Listing, Store, Versioned};

/// How long a marker is kept; the stream holds its records for a day, so that no record comes after it.
const MARKER_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The wait after the first failed attempt; it doubles with each.
const RETRY_PAUSE: Duration = Duration::from_secs(60);
/// The longest wait between two attempts.
const RETRY_PAUSE_MAXIMUM: Duration = Duration::from_secs(60 * 60);
/// How long the sweep waits for the stream to bring a touched failure to the projector before it touches it again.
const TOUCH_GRACE: Duration = Duration::from_secs(5 * 60);
/// How many characters of a reason are kept.
const REASON_LIMIT: usize = 500;

fn partition(event: EventId) -> String {
    format!("PROJECTION#{event}")
}

/// "This event is projected." Written in the transaction of its effects, so that they happen once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionMarker {
    /// The event.
    pub event_id: EventId,
    /// Until when the marker is kept.
    pub expires_at: Timestamp,
}

impl ProjectionMarker {
    /// The marker of an event projected now.
    pub fn new(event: EventId, now: Timestamp) -> Self {
        Self { event_id: event, expires_at: now.plus(MARKER_KEPT) }
    }

    /// Where an event's marker lies.
    pub fn key_of(event: EventId) -> Key {
        Key::new(partition(event), "DONE")
    }
}

impl Entity for ProjectionMarker {
    const TYPE: &'static str = "projectionMarker";

    fn key(&self) -> Key {
        Self::key_of(self.event_id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

/// An event whose projection failed. The sweep touches it when it is due, and that very change brings it to the projector again through
/// the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionFailure {
    /// The event.
    pub event_id: EventId,
    /// The organisation whose event it is.
    pub organization_id: OrganizationId,
    /// How often it was tried.
    pub attempts: u32,
    /// How often the sweep asked for another attempt.
    #[serde(default)]
    pub touches: u32,
    /// When to try next.
    pub retry_at: Timestamp,
    /// What went wrong, for operators.
    pub reason: String,
}

impl ProjectionFailure {
    /// The kind of the `due` index under which failures stand.
    pub const DUE: &'static str = "PROJECTION_FAILURE";

    /// The first failure of an event.
    pub fn new(event: EventId, organization: OrganizationId, reason: &str, now: Timestamp) -> Self {
        let (event_id, organization_id) = (event, organization);
        Self { event_id, organization_id, attempts: 0, touches: 0, retry_at: now, reason: String::new() }
            .again(reason, now)
    }

    /// Where an event's failure lies.
    pub fn key_of(event: EventId) -> Key {
        Key::new(partition(event), "FAILURE")
    }

    /// The failure after one more attempt: the next is a minute later, then two, four, … an hour.
    #[must_use]
    pub fn again(&self, reason: &str, now: Timestamp) -> Self {
        let pause = RETRY_PAUSE.saturating_mul(2_u32.saturating_pow(self.attempts)).min(RETRY_PAUSE_MAXIMUM);
        Self {
            attempts: self.attempts.saturating_add(1),
            retry_at: now.plus(pause),
            reason: reason.chars().take(REASON_LIMIT).collect(),
            ..self.clone()
        }
    }

    /// The failure as the sweep leaves it, to be attempted by whom the change reaches; `None` if it is not due.
    #[must_use]
    pub fn touched(&self, now: Timestamp) -> Option<Self> {
        let touches = self.touches.saturating_add(1);
        (self.retry_at <= now).then(|| Self { touches, retry_at: now.plus(TOUCH_GRACE), ..self.clone() })
    }

    /// Whether the change from `before` to this is a touch. A failed attempt changes the row too; were it taken for a touch, attempts
    /// would follow each other without a pause.
    pub const fn is_touch_since(&self, before: &Self) -> bool {
        self.touches != before.touches && self.attempts == before.attempts
    }
}

impl Entity for ProjectionFailure {
    const TYPE: &'static str = "projectionFailure";

    fn key(&self) -> Key {
        Self::key_of(self.event_id)
    }

    fn indexes(&self) -> Indexes {
        let due = due(Self::DUE, self.event_id.ulid(), self.retry_at.to_string());
        Indexes { due: Some(due), ..Indexes::default() }
    }
}

/// What is known of an event's projection.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Whether the event is projected.
    pub done: bool,
    /// The failure that is to be mended, if any.
    pub failure: Option<Versioned<ProjectionFailure>>,
}

impl Projection {
    /// What is known of this event's projection: one query of at most two small items.
    pub async fn read(store: &Store, event: EventId) -> Result<Self, Problem> {
        let items = store.list_items(&Listing::of_partition(partition(event)).limit(2), None).await?.data;
        let mut known = Self { done: false, failure: None };
        for item in items {
            match Key::of(&item)? {
                key if key == ProjectionMarker::key_of(event) => known.done = true,
                _ => known.failure = Some(Versioned::from_item(item)?),
            }
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn failure() -> ProjectionFailure {
        ProjectionFailure::new(ulid::Ulid::from(7).into(), ulid::Ulid::from(1).into(), "the queue is away", NOW)
    }

    #[test]
    fn attempts_are_spaced_wider_up_to_an_hour_and_never_end() {
        let (mut failure, mut minutes) = (failure(), Vec::new());
        for _ in 0..40 {
            minutes.push(failure.retry_at.since(NOW).as_secs() / 60);
            failure = failure.again("still", NOW);
        }
        assert_eq!(minutes[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!((minutes[39], failure.attempts), (60, 41));
    }

    #[test]
    fn only_a_touch_of_a_due_failure_asks_for_an_attempt() {
        let failed = failure();
        assert_eq!(failed.touched(NOW), None);
        let touched = failed.touched(failed.retry_at).unwrap();
        assert!(touched.is_touch_since(&failed));
        assert!(!touched.again("still", NOW).is_touch_since(&touched));
        assert_eq!(touched.touched(failed.retry_at), None, "the stream is given time to bring it");
    }
}
