//! What the projector remembers of an event: that it is projected, or that it could not be and must be tried again.

use serde::{Deserialize, Serialize};

use super::due;
use crate::clock::Timestamp;
use crate::id::{EventId, OrganizationId};
use crate::store::{Entity, Indexes, Key};

fn partition(event: EventId) -> String {
    format!("PROJECTION#{event}")
}

/// "This event is projected." Written in the transaction of its effects, so that they happen once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionMarker {
    /// The event.
    pub event_id: EventId,
    /// Until when the marker is kept; the stream holds its records for a day, retries included far less than this.
    pub expires_at: Timestamp,
}

impl ProjectionMarker {
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

/// An event whose projection failed. The sweep raises `attempts` when it is due, and that very change brings it to the projector again
/// through the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionFailure {
    /// The event.
    pub event_id: EventId,
    /// The organisation whose event it is.
    pub organization_id: OrganizationId,
    /// How often it was tried.
    pub attempts: u32,
    /// When to try next.
    pub retry_at: Timestamp,
    /// What went wrong, for operators.
    pub reason: String,
}

impl ProjectionFailure {
    /// The kind of the `due` index under which failures stand.
    pub const DUE: &'static str = "PROJECTION_FAILURE";

    /// Where an event's failure lies.
    pub fn key_of(event: EventId) -> Key {
        Key::new(partition(event), "FAILURE")
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
