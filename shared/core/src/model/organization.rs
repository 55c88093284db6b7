//! An organisation: the tenant that data belongs to and that a plan covers.
//!
//! ```text
//! there ──delete──▶ deleted ──30 days──▶ being purged ──▶ gone
//!   ▲                  │
//!   └─────restore──────┘
//! ```
//!
//! A deleted organisation and everything in it is not there for anybody; its rows stay until the purge removes them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::due;
use crate::clock::Timestamp;
use crate::id::OrganizationId;
use crate::plan::PlanName;
use crate::store::{Entity, Indexes, Key};

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// The organisation's id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub industry: Option<String>,
    /// Whether it came with an account.
    pub personal: bool,
    /// Its plan.
    pub plan: PlanName,
    /// When it was created.
    pub created_at: Timestamp,
    /// That it was deleted, if it was.
    #[serde(default)]
    pub deletion: Option<Deletion>,
    /// Whether its members act in it only in sessions that their second factor has verified.
    #[serde(default)]
    pub require_second_factor: bool,
}

/// How far the end of an organisation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deletion {
    /// When it was deleted.
    pub at: Timestamp,
    /// What the purge has removed so far, once it has begun; then there is no way back.
    #[serde(default)]
    pub purged: Option<Purged>,
}

/// How many rows a purge has removed of those that the platform's figures count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Purged {
    /// Leads.
    pub leads: u32,
    /// Ventures.
    pub ventures: u32,
}

impl Deletion {
    /// For how long a deleted organisation can be restored.
    pub const RESTORABLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Until when the organisation can be restored, and from when it is purged.
    pub fn ends_at(&self) -> Timestamp {
        self.at.plus(Self::RESTORABLE)
    }
}

impl Organization {
    /// The kind of the `due` index under which deleted organisations stand.
    pub const PURGE: &'static str = "ORGANIZATION_PURGE";

    /// The kind of the `due` index under which the organisations above free stand.
    pub const ABOVE_FREE: &'static str = "ABOVE_FREE";

    /// Where an organisation lies.
    pub fn key_of(organization: OrganizationId) -> Key {
        Key::new(format!("ORG#{organization}"), "ORGANIZATION")
    }

    /// Whether it is there for its members.
    pub const fn is_there(&self) -> bool {
        self.deletion.is_none()
    }

    /// Until when it can be restored, if it was deleted.
    pub fn restorable_until(&self) -> Option<Timestamp> {
        self.deletion.as_ref().map(Deletion::ends_at)
    }

    /// The organisation deleted; `None` if it is already.
    #[must_use]
    pub fn deleted(&self, now: Timestamp) -> Option<Self> {
        self.is_there().then(|| Self { deletion: Some(Deletion { at: now, purged: None }), ..self.clone() })
    }

    /// The organisation as it is when the account that owned it is erased: deleted, and nobody is left who could restore it, so that the
    /// purge takes it with its next run.
    #[must_use]
    pub fn ended(&self, now: Timestamp) -> Self {
        let at = self.deletion.map_or(now, |deletion| deletion.at).min(now.minus(Deletion::RESTORABLE));
        let purged = self.deletion.and_then(|deletion| deletion.purged);
        Self { deletion: Some(Deletion { at, purged }), ..self.clone() }
    }

    /// The organisation as it was before it was deleted; `None` if it was not, or that was too long ago.
    #[must_use]
    pub fn restored(&self, now: Timestamp) -> Option<Self> {
        let deletion = self.deletion.filter(|deletion| deletion.purged.is_none() && now < deletion.ends_at());
        deletion.map(|_| Self { deletion: None, ..self.clone() })
    }

    /// The organisation with so much more of it purged; `None` unless it was deleted and can no longer be restored.
    #[must_use]
    pub fn purged(&self, more: Purged, now: Timestamp) -> Option<Self> {
        let deletion = self.deletion.filter(|deletion| deletion.ends_at() <= now)?;
        let before = deletion.purged.unwrap_or_default();
        let purged = Purged {
            leads: before.leads.saturating_add(more.leads),
            ventures: before.ventures.saturating_add(more.ventures),
        };
        Some(Self { deletion: Some(Deletion { purged: Some(purged), ..deletion }), ..self.clone() })
    }

    /// Which organisation lies at `key`; none if no organisation can.
    pub fn id_of(key: &Key) -> Option<OrganizationId> {
        key.pk.strip_prefix("ORG#").filter(|_| key.sk == "ORGANIZATION")?.parse().ok()
    }
}

impl Entity for Organization {
    const TYPE: &'static str = "organization";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn indexes(&self) -> Indexes {
        let due = match &self.deletion {
            Some(deletion) => Some(due(Self::PURGE, self.id.ulid(), deletion.ends_at().to_string())),
            None => self.plan.is_above_free().then(|| due(Self::ABOVE_FREE, self.id.ulid(), self.id.to_string())),
        };
        Indexes { due, ..Indexes::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn organization() -> Organization {
        Organization {
            id: ulid::Ulid::from(8).into(),
            name: "Engines".to_owned(),
            industry: None,
            personal: false,
            plan: PlanName::Pro,
            created_at: NOW,
            deletion: None,
            require_second_factor: false,
        }
    }

    #[test]
    fn a_deleted_organization_comes_back_for_thirty_days_and_then_no_more() {
        let deleted = organization().deleted(NOW).unwrap();
        assert!(!deleted.is_there() && deleted.deleted(NOW).is_none());
        let end = deleted.restorable_until().unwrap();
        assert_eq!(end.since(NOW), Duration::from_secs(30 * 24 * 60 * 60));
        let last = end.minus(Duration::from_millis(1));
        assert_eq!(deleted.restored(last), Some(organization()));
        assert_eq!((deleted.restored(end), organization().restored(NOW)), (None, None));
        assert_eq!(deleted.purged(Purged::default(), last), None);
        let purged = deleted.purged(Purged { leads: 2, ventures: 1 }, end).unwrap();
        assert_eq!(purged.restored(last), None, "there is no way back, even by a clock that is late");
        let purged = purged.purged(Purged { leads: 3, ventures: 0 }, end).unwrap();
        assert_eq!(purged.deletion.unwrap().purged, Some(Purged { leads: 5, ventures: 1 }));
        assert_eq!(organization().purged(Purged::default(), end), None);
    }

    #[test]
    fn an_organization_that_ends_with_its_owner_is_purged_at_once() {
        for organization in [organization(), organization().deleted(NOW).unwrap()] {
            let ended = organization.ended(NOW);
            assert!(ended.restored(NOW).is_none() && ended.purged(Purged::default(), NOW).is_some());
        }
    }

    #[test]
    fn a_deleted_organization_is_due_for_the_purge_and_for_nothing_else() {
        let place = |organization: &Organization| organization.indexes().due.map(|due| (due.partition, due.sort));
        let deleted = organization().deleted(NOW).unwrap();
        let due = (format!("{}#0", Organization::PURGE), deleted.restorable_until().unwrap().to_string());
        assert_eq!(place(&deleted), Some(due));
        assert_eq!(place(&organization()).unwrap().0, format!("{}#0", Organization::ABOVE_FREE));
        assert_eq!(place(&Organization { plan: PlanName::Free, ..organization() }), None);
    }
}
