//! `DELETE /api/organizations/{organizationId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{OrganizationAccess, Owner};
use shared::event::Fact;
use shared::id::OrganizationId;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::find::find;
use crate::members::owner_still;

/// Delete an organisation. At once it and everything in it is not there for anybody; for 30 days its owner can restore it, then it is
/// removed for good.
///
/// The organisation that came with an account ends with the account.
#[utoipa::path(
    delete, path = "/api/organizations/{organizationId}", operation_id = "deleteOrganization", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    responses(
        (status = 204, description = "The organisation is deleted."),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
        (status = 409, description = "`personal_organization`: it came with the caller's account."),
    )
)]
pub(crate) async fn delete_organization(
    State(services): State<Services>,
    access: OrganizationAccess<Owner>,
) -> Result<StatusCode, Error> {
    let id = access.organization_id();
    let plan = || async {
        let organization = find(&services, id).await?;
        if organization.personal {
            return Err(Error::PersonalOrganization);
        }
        owner_still(&services, &access).await?;
        let deleted = organization.deleted(services.clock.now()).ok_or_else(Problem::not_found)?;
        let mut transaction = Transaction::new();
        transaction.replace(&organization, deleted);
        transaction.create(access.event(&services, Fact::OrganizationDeleted { plan: organization.plan }));
        Ok((transaction, StatusCode::NO_CONTENT))
    };
    let done = services.store.execute(plan).await?;
    services.access.forget_organization(id);
    Ok(done)
}
