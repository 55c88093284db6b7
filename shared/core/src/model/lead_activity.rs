//! Something that happened with a lead.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::event::Actor;
use crate::id::{LeadActivityId, LeadId, OrganizationId, TaskId};
use crate::store::{Entity, Key};

/// What kind of activity (CONTRACT "crm").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadActivityKind {
    /// A message by e-mail.
    Email,
    /// A telephone call.
    Call,
    /// A meeting.
    Meeting,
    /// A note.
    Note,
    /// Something the platform prepared.
    Task,
}

/// One activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadActivity {
    /// The activity's id.
    pub id: LeadActivityId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// The lead.
    pub lead_id: LeadId,
    /// What kind it is.
    pub kind: LeadActivityKind,
    /// In a line.
    pub subject: String,
    /// In full.
    pub body: String,
    /// The task that did it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub task_id: Option<TaskId>,
    /// By whom.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

impl LeadActivity {
    /// The partition of a lead's activities.
    pub fn partition(organization: OrganizationId, lead: LeadId) -> String {
        format!("ORG#{organization}#LEAD#{lead}#ACTIVITY")
    }
}

impl Entity for LeadActivity {
    const TYPE: &'static str = "leadActivity";

    fn key(&self) -> Key {
        Key::new(Self::partition(self.organization_id, self.lead_id), self.id.to_string())
    }
}
