//! `DELETE /api/organizations/{organizationId}/invitations/{invitationId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{InvitationId, OrganizationId};
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use super::{close, open};
use crate::Error;

/// Revoke an invitation: its links work no more.
#[utoipa::path(
    delete, path = "/api/organizations/{organizationId}/invitations/{invitationId}", operation_id = "revokeInvitation",
    tag = "organizations",
    security(("accessToken" = [])),
    params(("organizationId" = OrganizationId, Path), ("invitationId" = InvitationId, Path)),
    responses(
        (status = 204, description = "The invitation is revoked."),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn revoke_invitation(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((organization, id)): Path<(OrganizationId, InvitationId)>,
) -> Result<StatusCode, Error> {
    let plan = || async {
        let invitation = open(&services, organization, id).await?.ok_or_else(Problem::not_found)?;
        let mut transaction = Transaction::new();
        close(&mut transaction, &invitation);
        transaction.create(access.event(&services, Fact::InvitationRevoked { invitation_id: id }));
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}
