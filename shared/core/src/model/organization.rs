//! An organisation: the tenant that data belongs to and that a plan covers.

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
}

impl Organization {
    /// The kind of the `due` index under which the organisations above free stand.
    pub const ABOVE_FREE: &'static str = "ABOVE_FREE";

    /// Where an organisation lies.
    pub fn key_of(organization: OrganizationId) -> Key {
        Key::new(format!("ORG#{organization}"), "ORGANIZATION")
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
        let due = self.plan.is_above_free().then(|| due(Self::ABOVE_FREE, self.id.ulid(), self.id.to_string()));
        Indexes { due, ..Indexes::default() }
    }
}
