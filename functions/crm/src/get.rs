//! `GET /api/crm/leads/{leadId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, Path};
use shared::id::{LeadId, OrganizationId};
use shared::model::lead::Lead;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;

/// One lead.
#[utoipa::path(
    get, path = "/api/crm/leads/{leadId}", operation_id = "getLead", tag = "crm",
    security(("accessToken" = [])),
    params(
        ("leadId" = LeadId, Path),
        ActingOrganization,
    ),
    responses(
        (status = 200, description = "The lead.", body = Lead),
    )
)]
pub(crate) async fn get_lead(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<LeadId>,
) -> Result<Json<Lead>, Error> {
    Ok(Json(find(&services, access.organization_id(), id).await?.value))
}

/// A lead of this organisation, or 404.
pub(crate) async fn find(
    services: &Services,
    organization: OrganizationId,
    id: LeadId,
) -> Result<Versioned<Lead>, Error> {
    let lead = services.store.get::<Lead>(&Lead::key_of(organization, id)).await?;
    lead.ok_or_else(|| Problem::not_found().into())
}
