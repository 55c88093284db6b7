//! One event on its way to one endpoint: what is to be sent, how often that was tried, and what came of it. The rows are the delivery log.
//!
//! ```text
//! pending ──answered 2xx──▶ delivered
//!    ▲  │ └──eight attempts──▶ failed
//!    │  └──any other answer, or none: after a pause──┐
//!    └───────────────────────────────────────────────┘      delivered, failed ──replay──▶ pending
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::due;
use crate::clock::Timestamp;
use crate::event::Event;
use crate::id::{EventId, LeaseId, OrganizationId, WebhookDeliveryId, WebhookId};
use crate::store::{Entity, Indexes, Key, ListingIndex};
use crate::trace::Trace;

/// How long a sender may hold a delivery; above the time that an attempt has.
pub const LEASE: Duration = Duration::from_secs(60);
/// How long the sweep leaves a new delivery to its doorbell.
const DOORBELL_GRACE: Duration = Duration::from_secs(60);
/// How long the log is kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The pauses between the attempts, as Standard Webhooks suggests them; the sweep rings to the minute. After the last there is no further.
const PAUSES: [Duration; 7] =
    [minutes(1), minutes(5), minutes(30), minutes(120), minutes(300), minutes(600), minutes(600)];

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryStatus {
    /// To be sent, again or for the first time.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// Given up.
    Failed,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// The delivery's id.
    pub id: WebhookDeliveryId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// The event, whose id is the message's: an endpoint that gets it twice knows it by that.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: String,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// How often it was begun.
    pub attempts: u32,
    /// The status of the endpoint's last answer, if it gave one.
    #[serde(default)]
    pub response_status: Option<u16>,
    /// Why the last attempt failed: a stable name.
    #[serde(default)]
    pub error: Option<String>,
    /// From when it may be sent; while a sender is at it, until when it is the sender's.
    pub due_at: Timestamp,
    /// The last claim.
    #[serde(default)]
    pub lease_id: Option<LeaseId>,
    /// Where the event comes from: what its sender does belongs to that.
    pub trace: Trace,
    /// When it was noted that the event is to be told of.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl WebhookDelivery {
    /// The kind of the `due` index under which deliveries stand.
    pub const DUE: &'static str = "WEBHOOK_DELIVERY";

    /// An event on its way to an endpoint, due at once.
    pub fn new(id: WebhookDeliveryId, webhook: WebhookId, event: &Event, event_type: &str, now: Timestamp) -> Self {
        Self {
            id,
            organization_id: event.organization_id,
            webhook_id: webhook,
            event_id: event.id,
            event_type: event_type.to_owned(),
            status: DeliveryStatus::Pending,
            attempts: 0,
            response_status: None,
            error: None,
            due_at: now,
            lease_id: None,
            trace: event.trace(),
            created_at: now,
            updated_at: now,
        }
    }

    /// The partition of an organisation's deliveries.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#WEBHOOK_DELIVERY")
    }

    /// The list of the deliveries to one endpoint.
    pub fn listing(organization: OrganizationId, webhook: WebhookId) -> String {
        format!("ORG#{organization}#WEBHOOK_DELIVERY#{webhook}")
    }

    /// Where a delivery lies.
    pub fn key_of(organization: OrganizationId, delivery: WebhookDeliveryId) -> Key {
        Key::new(Self::partition(organization), delivery.to_string())
    }

    /// Which delivery of which organisation lies at `key`; none if no delivery can.
    pub fn ids_of(key: &Key) -> Option<(OrganizationId, WebhookDeliveryId)> {
        let organization = key.pk.strip_prefix("ORG#")?.strip_suffix("#WEBHOOK_DELIVERY")?;
        Some((organization.parse().ok()?, key.sk.parse().ok()?))
    }

    /// The delivery as a sender holds it from now on; `None` if it is not due, or another's, or over.
    #[must_use]
    pub fn claimed(&self, lease: LeaseId, now: Timestamp) -> Option<Self> {
        (self.status == DeliveryStatus::Pending && self.due_at <= now).then(|| Self {
            attempts: self.attempts.saturating_add(1),
            due_at: now.plus(LEASE),
            lease_id: Some(lease),
            updated_at: now,
            ..self.clone()
        })
    }

    /// The delivery taken by its endpoint.
    #[must_use]
    pub fn delivered(&self, response_status: u16, now: Timestamp) -> Self {
        let response_status = Some(response_status);
        Self { status: DeliveryStatus::Delivered, response_status, error: None, updated_at: now, ..self.clone() }
    }

    /// The delivery after an attempt failed: due again after a pause, or given up where repeating helps nobody or was tried enough.
    #[must_use]
    pub fn attempt_failed(&self, error: &str, response_status: Option<u16>, repeatable: bool, now: Timestamp) -> Self {
        let next = Self { response_status, error: Some(error.to_owned()), updated_at: now, ..self.clone() };
        let tried = usize::try_from(self.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        match PAUSES.get(tried).filter(|_| repeatable) {
            Some(pause) => Self { due_at: now.plus(*pause), ..next },
            None => Self { status: DeliveryStatus::Failed, ..next },
        }
    }

    /// The delivery to be sent once more from the start; `None` while it is being sent anyway.
    #[must_use]
    pub fn replayed(&self, now: Timestamp) -> Option<Self> {
        (self.status != DeliveryStatus::Pending).then(|| Self {
            status: DeliveryStatus::Pending,
            attempts: 0,
            due_at: now,
            updated_at: now,
            ..self.clone()
        })
    }
}

impl Entity for WebhookDelivery {
    const TYPE: &'static str = "webhookDelivery";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        let partition = Self::listing(self.organization_id, self.webhook_id);
        let listing = ListingIndex { partition, sort: self.id.to_string() };
        let ring_at = match (self.status, self.attempts) {
            (DeliveryStatus::Pending, 0) => Some(self.due_at.plus(DOORBELL_GRACE)),
            (DeliveryStatus::Pending, _) => Some(self.due_at),
            (DeliveryStatus::Delivered | DeliveryStatus::Failed, _) => None,
        };
        let due = ring_at.map(|at| due(Self::DUE, self.id.ulid(), at.to_string()));
        Indexes { listing: Some(listing), due, expires_at: Some(self.created_at.plus(KEPT)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Actor, Fact};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn delivery() -> WebhookDelivery {
        let id = |number: u128| ulid::Ulid::from(number);
        let event = Event {
            id: id(4).into(),
            organization_id: id(2).into(),
            at: NOW,
            actor: Actor::Platform,
            request_id: None,
            correlation_id: id(5).into(),
            trace_id: None,
            fact: Fact::VentureCreated { venture_id: id(6).into() },
        };
        WebhookDelivery::new(id(1).into(), id(3).into(), &event, "venture.created", NOW)
    }

    #[test]
    fn eight_attempts_are_made_ever_further_apart() {
        let (mut now, mut last, mut delivery, mut attempts) = (NOW, NOW, delivery(), 0);
        while let Some(claimed) = delivery.claimed(ulid::Ulid::from(9).into(), now) {
            attempts += 1;
            last = now;
            assert!(claimed.claimed(ulid::Ulid::from(10).into(), now).is_none(), "it is somebody's");
            delivery = claimed.attempt_failed("status", Some(500), true, now);
            now = now.max(delivery.due_at);
        }
        assert_eq!((attempts, delivery.status), (8, DeliveryStatus::Failed));
        assert_eq!(last.since(NOW), minutes(1 + 5 + 30 + 120 + 300 + 600 + 600));
        let again = delivery.replayed(now).unwrap();
        assert_eq!((again.attempts, again.status, again.replayed(now)), (0, DeliveryStatus::Pending, None));
    }

    #[test]
    fn what_is_over_is_not_due() {
        let due = |delivery: &WebhookDelivery| delivery.indexes().due.map(|due| due.sort);
        assert_eq!(due(&delivery()), Some(NOW.plus(DOORBELL_GRACE).to_string()));
        let held = delivery().claimed(ulid::Ulid::from(9).into(), NOW).unwrap();
        assert_eq!(due(&held), Some(NOW.plus(LEASE).to_string()));
        assert_eq!(due(&held.delivered(204, NOW)), None);
        assert_eq!(due(&held.attempt_failed("gone", Some(410), false, NOW)), None);
        assert_eq!(WebhookDelivery::ids_of(&held.key()), Some((held.organization_id, held.id)));
    }
}
