//! `DELETE /api/organizations/{organizationId}/members/{userId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{OrganizationId, UserId};
use shared::services::Services;
use shared::store::Transaction;

use super::own_and_other;
use super::rules::check_change;
use crate::Error;

/// Remove a member. Within seconds the organisation is no longer there for them; what they made in it stays.
#[utoipa::path(
    delete, path = "/api/organizations/{organizationId}/members/{userId}", operation_id = "removeMember", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), ("userId" = UserId, Path)),
    responses(
        (status = 204, description = "They are no longer a member."),
        (status = 403, description = "`forbidden`: the caller is no admin."),
        (status = 409, description = "`owners_role`: the member is the owner."),
    )
)]
pub(crate) async fn remove_member(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((organization, user_id)): Path<(OrganizationId, UserId)>,
) -> Result<StatusCode, Error> {
    let plan = || async {
        let (actor, member) = own_and_other(&services, &access, user_id).await?;
        check_change(actor.role, member.role, None)?;
        let mut transaction = Transaction::new();
        transaction.delete(&member);
        transaction.create(access.event(&services, Fact::MemberRemoved { user_id }));
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    let done = services.store.execute(plan).await?;
    services.access.forget_organization(organization);
    Ok(done)
}
