//! An event that a vendor told us of by a webhook: stored once by its id, then worked off.
//!
//! ```text
//! pending ──worked off──▶ processed      pending ──of no concern──▶ ignored
//!    ▲  │ └──seven attempts, or none can help──▶ failed
//!    │  └──could not be worked off: after a pause──┐
//!    └─────────────────────────────────────────────┘      processed, ignored, failed ──replay──▶ pending
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::due;
use crate::clock::Timestamp;
use crate::id::{LeaseId, OrganizationId};
use crate::store::{Entity, Indexes, Key, ListingIndex};
use crate::trace::Trace;

/// How long a worker may hold an event; above the time that it has for a message.
pub const LEASE: Duration = Duration::from_secs(120);
/// How long the sweep leaves a new event to its doorbell.
const DOORBELL_GRACE: Duration = Duration::from_secs(60);
/// How long events are kept: for longer than Stripe lists its own (30 days), so that none of those is taken for a new one.
const KEPT: Duration = Duration::from_secs(40 * 24 * 60 * 60);
/// The pauses between the attempts. After the last there is no further.
const PAUSES: [Duration; 6] = [minutes(1), minutes(5), minutes(30), minutes(120), minutes(300), minutes(600)];

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// Who tells us of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// Stripe.
    Stripe,
    /// LinkedIn.
    Linkedin,
    /// Unipile.
    Unipile,
}

impl Provider {
    /// Its name in keys and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Linkedin => "linkedin",
            Self::Unipile => "unipile",
        }
    }

    /// The provider of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Stripe, Self::Linkedin, Self::Unipile].into_iter().find(|provider| provider.name() == name)
    }
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InboundStatus {
    /// To be worked off, again or for the first time.
    Pending,
    /// Worked off.
    Processed,
    /// Of no concern to the platform.
    Ignored,
    /// Given up.
    Failed,
}

/// An event of a vendor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboundEvent {
    /// Whose it is.
    pub provider: Provider,
    /// The vendor's id of it, or one made of what makes it the same when it comes again.
    pub id: String,
    /// What happened, as the vendor says it: `invoice.paid`.
    pub kind: String,
    /// What it happened to: Stripe's id of the object that is asked for anew. A payment, where it happened to a part of one.
    #[serde(default)]
    pub object_id: Option<String>,
    /// Whose it may be, as the event says it. Nothing stands on that alone.
    #[serde(default)]
    pub organization_id: Option<OrganizationId>,
    /// The body as it came, of vendors that cannot be asked for it again; it is never logged.
    #[serde(default)]
    pub body: Option<String>,
    /// When it happened, if the vendor says so.
    #[serde(default)]
    pub happened_at: Option<Timestamp>,
    /// Where it stands.
    pub status: InboundStatus,
    /// How often it was begun.
    pub attempts: u32,
    /// Why it was ignored, or the last attempt failed: a stable name.
    #[serde(default)]
    pub reason: Option<String>,
    /// From when it may be worked off; while a worker is at it, until when it is the worker's.
    pub due_at: Timestamp,
    /// The last claim.
    #[serde(default)]
    pub lease_id: Option<LeaseId>,
    /// Where it came in.
    pub trace: Trace,
    /// When it came in.
    pub received_at: Timestamp,
}

impl InboundEvent {
    /// The kind of the `due` index under which events stand.
    pub const DUE: &'static str = "INBOUND_EVENT";

    /// An event that came in just now.
    pub const fn new(provider: Provider, id: String, kind: String, trace: Trace, now: Timestamp) -> Self {
        Self {
            provider,
            id,
            kind,
            object_id: None,
            organization_id: None,
            body: None,
            happened_at: None,
            status: InboundStatus::Pending,
            attempts: 0,
            reason: None,
            due_at: now,
            lease_id: None,
            trace,
            received_at: now,
        }
    }

    /// Where an event lies.
    pub fn key_of(provider: Provider, id: &str) -> Key {
        Key::new(format!("INBOUND#{}#{id}", provider.name()), "EVENT")
    }

    /// Which event of which vendor lies at `key`; none if no event can.
    pub fn ids_of(key: &Key) -> Option<(Provider, String)> {
        let (provider, id) = key.pk.strip_prefix("INBOUND#").filter(|_| key.sk == "EVENT")?.split_once('#')?;
        Some((Provider::of_name(provider)?, id.to_owned()))
    }

    /// The list of the events of a vendor that came in on a day (`2026-11-20`), by time.
    pub fn listing(provider: Provider, day: &str) -> String {
        format!("INBOUND#{}#{day}", provider.name())
    }

    /// The event as a worker holds it from now on; `None` if it is not due, or another's, or over.
    #[must_use]
    pub fn claimed(&self, lease: LeaseId, now: Timestamp) -> Option<Self> {
        (self.status == InboundStatus::Pending && self.due_at <= now).then(|| Self {
            attempts: self.attempts.saturating_add(1),
            due_at: now.plus(LEASE),
            lease_id: Some(lease),
            ..self.clone()
        })
    }

    /// The event worked off.
    #[must_use]
    pub fn processed(&self) -> Self {
        Self { status: InboundStatus::Processed, reason: None, ..self.clone() }
    }

    /// The event that is of no concern.
    #[must_use]
    pub fn ignored(&self, reason: &str) -> Self {
        Self { status: InboundStatus::Ignored, reason: Some(reason.to_owned()), ..self.clone() }
    }

    /// The event after an attempt failed: due again after a pause, or given up where repeating helps nobody or was tried enough.
    #[must_use]
    pub fn attempt_failed(&self, reason: &str, repeatable: bool, now: Timestamp) -> Self {
        let next = Self { reason: Some(reason.to_owned()), ..self.clone() };
        let tried = usize::try_from(self.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        match PAUSES.get(tried).filter(|_| repeatable) {
            Some(pause) => Self { due_at: now.plus(*pause), ..next },
            None => Self { status: InboundStatus::Failed, ..next },
        }
    }

    /// The event to be worked off once more from the start; `None` while it is anyway.
    #[must_use]
    pub fn replayed(&self, now: Timestamp) -> Option<Self> {
        (self.status != InboundStatus::Pending).then(|| Self {
            status: InboundStatus::Pending,
            attempts: 0,
            due_at: now,
            ..self.clone()
        })
    }

    /// A number that follows from the id, for its place in the `due` index.
    fn number(&self) -> ulid::Ulid {
        let digest = Sha256::digest(self.id.as_bytes());
        let number = digest.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        number.into()
    }
}

impl Entity for InboundEvent {
    const TYPE: &'static str = "inboundEvent";

    fn key(&self) -> Key {
        Self::key_of(self.provider, &self.id)
    }

    fn indexes(&self) -> Indexes {
        let partition = Self::listing(self.provider, &self.received_at.day());
        let listing = ListingIndex { partition, sort: format!("{}#{}", self.received_at, self.id) };
        let ring_at = match (self.status, self.attempts) {
            (InboundStatus::Pending, 0) => Some(self.due_at.plus(DOORBELL_GRACE)),
            (InboundStatus::Pending, _) => Some(self.due_at),
            (InboundStatus::Processed | InboundStatus::Ignored | InboundStatus::Failed, _) => None,
        };
        let due = ring_at.map(|at| due(Self::DUE, self.number(), at.to_string()));
        Indexes { listing: Some(listing), due, expires_at: Some(self.received_at.plus(KEPT)) }
    }
}

/// Up to when a vendor's own list of events was compared with ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    /// The vendor.
    pub provider: Provider,
    /// Up to when.
    pub until: Timestamp,
    /// The run, so that two at once do not take each other's row for their own.
    pub lease_id: LeaseId,
}

impl Reconciliation {
    /// Where it lies.
    pub fn key_of(provider: Provider) -> Key {
        Key::new(format!("RECONCILIATION#{}", provider.name()), "CURRENT")
    }
}

impl Entity for Reconciliation {
    const TYPE: &'static str = "reconciliation";

    fn key(&self) -> Key {
        Self::key_of(self.provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn event() -> InboundEvent {
        let trace = Trace { request_id: None, correlation_id: ulid::Ulid::from(5).into(), given_trace_id: None };
        InboundEvent::new(Provider::Stripe, "evt_1".to_owned(), "invoice.paid".to_owned(), trace, NOW)
    }

    #[test]
    fn seven_attempts_are_made_ever_further_apart() {
        let (mut now, mut last, mut event, mut attempts) = (NOW, NOW, event(), 0);
        while let Some(claimed) = event.claimed(ulid::Ulid::from(9).into(), now) {
            attempts += 1;
            last = now;
            assert!(claimed.claimed(ulid::Ulid::from(10).into(), now).is_none(), "it is somebody's");
            event = claimed.attempt_failed("unreachable", true, now);
            now = now.max(event.due_at);
        }
        assert_eq!((attempts, event.status), (7, InboundStatus::Failed));
        assert_eq!(last.since(NOW), minutes(1 + 5 + 30 + 120 + 300 + 600));
        let again = event.replayed(now).unwrap();
        assert_eq!((again.attempts, again.status, again.replayed(now)), (0, InboundStatus::Pending, None));
    }

    #[test]
    fn what_is_over_is_not_due() {
        let due = |event: &InboundEvent| event.indexes().due.map(|due| due.sort);
        assert_eq!(due(&event()), Some(NOW.plus(DOORBELL_GRACE).to_string()));
        let held = event().claimed(ulid::Ulid::from(9).into(), NOW).unwrap();
        assert_eq!(due(&held), Some(NOW.plus(LEASE).to_string()));
        for over in [held.processed(), held.ignored("unknown_type"), held.attempt_failed("gone", false, NOW)] {
            assert_eq!((due(&over), over.claimed(ulid::Ulid::from(9).into(), NOW.plus(KEPT))), (None, None));
        }
        assert_eq!(InboundEvent::ids_of(&held.key()), Some((Provider::Stripe, "evt_1".to_owned())));
    }
}
