//! Events: what happened, once each, in the transaction that made it happen.
//!
//! The events of an organisation are its audit trail, and everything that follows from a command (counters, doorbells, later mail and
//! notifications) is a projection of them. They hold ids and facts, no personal text and no secrets.

mod fact;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{EventId, InvitationId, OrganizationId, RequestId, TaskId, UserId};
use crate::store::{Entity, Indexes, Key};
use crate::trace::{Trace, TraceId};

pub use fact::Fact;

/// Who made something happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Actor {
    /// A signed-in person.
    #[serde(rename_all = "camelCase")]
    User {
        /// Their account.
        user_id: UserId,
    },
    /// Whoever holds the link of an invitation, with or without an account.
    #[serde(rename_all = "camelCase")]
    Invitee {
        /// The invitation.
        invitation_id: InvitationId,
    },
    /// Whoever holds the link of a campaign's mail, with or without an account.
    #[serde(rename_all = "camelCase")]
    Recipient {
        /// The campaign.
        task_id: TaskId,
    },
    /// The platform itself: a schedule, a worker.
    Platform,
    /// An operator of the platform.
    Operator,
}

/// One thing that happened in an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The event's id; later events have greater ones.
    pub id: EventId,
    /// The organisation whose trail it is in.
    pub organization_id: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// The request that did it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<RequestId>,
    /// What it goes back to: the request, or the occasion of a schedule, that began it all.
    pub correlation_id: RequestId,
    /// The caller's own trace (W3C Trace Context), if they sent one along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trace_id: Option<TraceId>,
    /// What.
    #[serde(flatten)]
    pub fact: Fact,
}

/// How long the event of a purge or of an erasure's end is kept, the last of its organisation: until everything that follows from it is long done.
const PURGE_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Event {
    /// The partition of an organisation's events.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#EVENT")
    }

    /// Where whatever follows from it comes from.
    pub const fn trace(&self) -> Trace {
        Trace { request_id: None, correlation_id: self.correlation_id, given_trace_id: self.trace_id }
    }

    /// Where an event lies.
    pub fn key_of(organization: OrganizationId, event: EventId) -> Key {
        Key::new(Self::partition(organization), event.to_string())
    }

    /// Which event of which organisation lies at `key`; none if no event can.
    pub fn ids_of(key: &Key) -> Option<(OrganizationId, EventId)> {
        let organization = key.pk.strip_prefix("ORG#")?.strip_suffix("#EVENT")?;
        Some((organization.parse().ok()?, key.sk.parse().ok()?))
    }
}

impl Entity for Event {
    const TYPE: &'static str = "event";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        let last = matches!(self.fact, Fact::OrganizationPurged { .. } | Fact::AccountErased { .. });
        Indexes { expires_at: last.then(|| self.at.plus(PURGE_KEPT)), ..Indexes::default() }
    }
}
