//! `GET /api/organizations/{organizationId}`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::http::Path;
use shared::id::OrganizationId;
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;
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
    principal: Principal,
    Path(id): Path<OrganizationId>,
) -> Result<Json<OrganizationView>, Error> {
    let (membership, organization) = (Membership::key_of(principal.user_id, id), Organization::key_of(id));
    let mut items = services.store.batch_get(&[membership.clone(), organization.clone()]).await?;
    let found = items.remove(&membership).zip(items.remove(&organization));
    let (membership, organization) = found.ok_or_else(Problem::not_found)?;
    let role = Versioned::<Membership>::from_item(membership)?.role;
    Ok(Json(OrganizationView::new(Versioned::<Organization>::from_item(organization)?.value, role)))
}
