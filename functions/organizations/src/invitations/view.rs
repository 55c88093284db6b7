//! An invitation as those who invite see it.

use serde::{Deserialize, Serialize};
use shared::access::Role;
use shared::clock::Timestamp;
use shared::id::{InvitationId, UserId};
use shared::model::invitation::Invitation;
use utoipa::ToSchema;

/// An open invitation.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    /// The invitation's id.
    id: InvitationId,
    /// The address it was sent to.
    email: String,
    /// What the person will be.
    role: Role,
    /// Who invites.
    invited_by: UserId,
    /// When they did.
    created_at: Timestamp,
    /// When it was last sent.
    sent_at: Timestamp,
    /// Until when it can be accepted.
    expires_at: Timestamp,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let Invitation { id, address, role, invited_by, created_at, sent_at, expires_at, .. } = invitation;
        Self { id, email: address, role, invited_by, created_at, sent_at, expires_at }
    }
}
