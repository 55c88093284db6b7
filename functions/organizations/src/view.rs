//! An organisation as its members see it.

use serde::{Deserialize, Serialize};
use shared::access::Role;
use shared::clock::Timestamp;
use shared::id::OrganizationId;
use shared::model::organization::Organization;
use shared::plan::PlanName;
use utoipa::ToSchema;

/// An organisation, and what the caller is in it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Organization)]
pub(crate) struct OrganizationView {
    /// The organisation's id.
    id: OrganizationId,
    /// Its name.
    name: String,
    /// What it does.
    #[schema(required)]
    industry: Option<String>,
    /// Whether it came with an account.
    personal: bool,
    /// Its plan.
    plan: PlanName,
    /// The caller's role in it.
    role: Role,
    /// Whether its members act in it only in sessions that their second factor has verified.
    require_second_factor: bool,
    /// When it was created.
    created_at: Timestamp,
    /// Until when it can be restored, if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    restorable_until: Option<Timestamp>,
}

impl OrganizationView {
    pub(crate) fn new(organization: Organization, role: Role) -> Self {
        let restorable_until = organization.restorable_until();
        let Organization { id, name, industry, personal, plan, require_second_factor, created_at, .. } = organization;
        Self { id, name, industry, personal, plan, role, require_second_factor, created_at, restorable_until }
    }
}
