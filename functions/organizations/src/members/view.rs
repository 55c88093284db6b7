//! A member as the other members see them.

use serde::Serialize;
use shared::access::Role;
use shared::clock::Timestamp;
use shared::id::UserId;
use shared::model::membership::Membership;
use shared::model::user::User;
use utoipa::ToSchema;

/// A member of an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub(crate) struct MemberView {
    /// The account.
    user_id: UserId,
    /// The person's name.
    name: String,
    /// Their role.
    role: Role,
    /// Since when they belong to it.
    joined_at: Timestamp,
}

impl MemberView {
    pub(crate) fn new(membership: &Membership, user: User) -> Self {
        Self { user_id: membership.user_id, name: user.name, role: membership.role, joined_at: membership.joined_at }
    }
}
