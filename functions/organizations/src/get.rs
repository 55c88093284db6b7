//! `GET /api/organizations/{organizationId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::id::OrganizationId;
use shared::services::Services;

use crate::Error;
use crate::find::find;
use crate::view::OrganizationView;

/// One organisation that the caller is a member of.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}", operation_id = "getOrganization", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    responses(
        (status = 200, description = "The organisation.", body = OrganizationView),
    )
)]
pub(crate) async fn get_organization(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
) -> Result<Json<OrganizationView>, Error> {
    let organization = find(&services, access.organization_id()).await?;
    Ok(Json(OrganizationView::new(organization.value, access.role)))
}
