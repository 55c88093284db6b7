//! `POST /api/organizations/{organizationId}/restore`

use axum::Json;
use axum::extract::State;
use shared::access::{OrganizationAccess, Restorer};
use shared::event::Fact;
use shared::id::OrganizationId;
use shared::model::organization::Organization;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;
use crate::members::owner_still;
use crate::view::OrganizationView;

/// Restore an organisation that was deleted at most 30 days ago, with everything in it. Restoring one that was not deleted changes nothing.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/restore", operation_id = "restoreOrganization", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    responses(
        (status = 200, description = "The organisation.", body = OrganizationView),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
    )
)]
pub(crate) async fn restore_organization(
    State(services): State<Services>,
    access: OrganizationAccess<Restorer>,
) -> Result<Json<OrganizationView>, Error> {
    let id = access.organization_id();
    let plan = || async {
        let found = services.store.get::<Organization>(&Organization::key_of(id)).await?;
        let organization = found.ok_or_else(Problem::not_found)?;
        let mut transaction = Transaction::new();
        if organization.is_there() {
            return Ok((transaction, organization.value));
        }
        owner_still(&services, &access).await?;
        let restored = organization.restored(services.clock.now()).ok_or_else(Problem::not_found)?;
        transaction.replace(&organization, restored.clone());
        transaction.create(access.event(&services, Fact::OrganizationRestored { plan: restored.plan }));
        Ok::<_, Error>((transaction, restored))
    };
    let organization = services.store.execute(plan).await?;
    services.access.forget_organization(id);
    Ok(Json(OrganizationView::new(organization, access.role)))
}
