//! `POST /api/organizations/{organizationId}/leave`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Leaver, OrganizationAccess, Role};
use shared::event::Fact;
use shared::id::OrganizationId;
use shared::services::Services;
use shared::store::Transaction;

use super::own;
use crate::Error;

/// Leave an organisation. What the caller made in it stays. It takes no second factor, whatever the organisation asks for.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/leave", operation_id = "leaveOrganization", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    responses(
        (status = 204, description = "The caller is no longer a member."),
        (status = 409, description = "`owner_stays`: the caller is the owner. `personal_organization`: it came with their account."),
    )
)]
pub(crate) async fn leave_organization(
    State(services): State<Services>,
    access: OrganizationAccess<Leaver>,
) -> Result<StatusCode, Error> {
    let plan = || async {
        let membership = own(&services, &access).await?;
        match membership.role {
            Role::Owner if access.organization.personal => return Err(Error::PersonalOrganization),
            Role::Owner => return Err(Error::OwnerStays),
            Role::Admin | Role::Member => {}
        }
        let mut transaction = Transaction::new();
        transaction.delete(&membership);
        transaction.create(access.event(&services, Fact::MemberLeft { user_id: membership.user_id }));
        Ok((transaction, StatusCode::NO_CONTENT))
    };
    let done = services.store.execute(plan).await?;
    services.access.forget_organization(access.organization_id());
    Ok(done)
}
