//! A lead in an organisation's CRM.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::encoding::shortened;
use crate::id::{LeadId, OrganizationId, TaskId};
use crate::store::{Entity, Indexes, Key, ListingIndex};

/// Where a lead stands (CONTRACT "crm").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// Nobody spoke to them yet.
    #[default]
    New,
    /// Somebody wrote or called.
    Contacted,
    /// They have the need and the means.
    Qualified,
    /// They bought.
    Converted,
    /// They will not.
    Lost,
}

impl LeadStatus {
    /// All of them, in the order of the pipeline.
    pub const ALL: [Self; 5] = [Self::New, Self::Contacted, Self::Qualified, Self::Converted, Self::Lost];

    /// The name in the API and in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Converted => "converted",
            Self::Lost => "lost",
        }
    }
}

/// How much a lead matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadPriority {
    /// Later.
    Low,
    /// In turn.
    #[default]
    Medium,
    /// First.
    High,
}

/// What is known about a lead: the part that a person or an import may write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadDetails {
    /// The person's name, or the company's where no person is known.
    pub name: String,
    /// Their e-mail address.
    #[serde(default)]
    #[schema(required)]
    pub email: Option<String>,
    /// Where they work.
    #[serde(default)]
    #[schema(required)]
    pub company: Option<String>,
    /// As what.
    #[serde(default)]
    #[schema(required)]
    pub title: Option<String>,
    /// Their telephone number.
    #[serde(default)]
    #[schema(required)]
    pub phone: Option<String>,
    /// Their LinkedIn profile.
    #[serde(default)]
    #[schema(required)]
    pub linkedin_url: Option<String>,
    /// Where the lead came from.
    #[serde(default)]
    #[schema(required)]
    pub source: Option<String>,
    /// Where the lead stands.
    #[serde(default)]
    #[schema(required)]
    pub status: LeadStatus,
    /// How much it matters.
    #[serde(default)]
    #[schema(required)]
    pub priority: LeadPriority,
    /// When somebody last spoke to them.
    #[serde(default)]
    #[schema(required)]
    pub last_contacted_at: Option<Timestamp>,
    /// What else is known.
    #[serde(default)]
    #[schema(required)]
    pub notes: Option<String>,
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    /// The lead's id.
    pub id: LeadId,
    /// The organisation whose lead it is.
    pub organization_id: OrganizationId,
    /// What is known about it.
    #[serde(flatten)]
    pub details: LeadDetails,
    /// The follow-up task that is open for it, if any.
    #[serde(default)]
    #[schema(required)]
    pub open_follow_up_task_id: Option<TaskId>,
    /// When its last follow-up task was created or done.
    #[serde(default)]
    #[schema(required)]
    pub last_follow_up_at: Option<Timestamp>,
    /// When the lead came to us.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Lead {
    /// The partition of an organisation's leads.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#LEAD")
    }

    /// The list of an organisation's leads of one status, those longest without contact first.
    pub fn listing(organization: OrganizationId, status: LeadStatus) -> String {
        format!("ORG#{organization}#LEAD#{}", status.name())
    }

    /// Where a lead lies.
    pub fn key_of(organization: OrganizationId, lead: LeadId) -> Key {
        Key::new(Self::partition(organization), lead.to_string())
    }

    /// The lead with this follow-up task open; `None` if another is open already.
    #[must_use]
    pub fn with_follow_up(&self, task: TaskId, now: Timestamp) -> Option<Self> {
        let free = self.open_follow_up_task_id.is_none_or(|open| open == task);
        free.then(|| Self { open_follow_up_task_id: Some(task), last_follow_up_at: Some(now), ..self.clone() })
    }

    /// The lead without this follow-up task; `None` if it is not the one that is open.
    #[must_use]
    pub fn without_follow_up(&self, task: TaskId) -> Option<Self> {
        let open = self.open_follow_up_task_id == Some(task);
        open.then(|| Self { open_follow_up_task_id: None, ..self.clone() })
    }

    /// When the lead was last contacted; if never, since when we know it.
    pub fn silent_since(&self) -> Timestamp {
        self.details.last_contacted_at.unwrap_or(self.created_at)
    }
}

impl Entity for Lead {
    const TYPE: &'static str = "lead";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        let listing = ListingIndex {
            partition: Self::listing(self.organization_id, self.details.status),
            sort: format!("{}#{}", self.silent_since(), self.id),
        };
        Indexes { listing: Some(listing), ..Indexes::default() }
    }
}

/// The marker that keeps one person to one lead of an organisation, and leads an import from a row to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadIdentity {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// A digest of what the lead is known by.
    pub identity: String,
    /// The lead.
    pub lead_id: LeadId,
}

impl LeadIdentity {
    /// The marker of a lead that is known by this (`email:ada@example.com`; the crm function has the rule).
    pub fn new(organization_id: OrganizationId, known_by: &str, lead_id: LeadId) -> Self {
        Self { organization_id, identity: Self::digest(known_by), lead_id }
    }

    /// Where the marker of the lead that is known by this lies.
    pub fn key_of(organization: OrganizationId, known_by: &str) -> Key {
        Key::new(Self::partition(organization), Self::digest(known_by))
    }

    /// The partition of an organisation's markers.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#LEAD_IDENTITY")
    }

    /// A digest has a bounded length, and a key that is made of it shows no address. 128 bits do not collide by chance.
    fn digest(known_by: &str) -> String {
        shortened(Sha256::digest(known_by.as_bytes()), 16)
    }
}

impl Entity for LeadIdentity {
    const TYPE: &'static str = "leadIdentity";

    fn key(&self) -> Key {
        Key::new(Self::partition(self.organization_id), self.identity.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_lies_where_it_is_looked_for_and_shows_no_address() {
        let (organization, lead) = (ulid::Ulid::from(1).into(), ulid::Ulid::from(2).into());
        let marker = LeadIdentity::new(organization, "email:ada@example.com", lead);
        assert_eq!(marker.key(), LeadIdentity::key_of(organization, "email:ada@example.com"));
        assert_ne!(marker.key(), LeadIdentity::key_of(organization, "email:bob@example.com"));
        assert!(!format!("{:?}", marker.key()).contains("ada"));
    }
}
