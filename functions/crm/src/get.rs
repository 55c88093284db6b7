//! `GET /api/crm/leads/{leadId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::Path;
use shared::id::{LeadId, OrganizationId};
use shared::model::lead::Lead;
use shared::problem::{Problem, ProblemBody};
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;

/// One lead.
#[utoipa::path(
    get, path = "/api/crm/leads/{leadId}", operation_id = "getLead", tag = "crm",
    security(("accessToken" = [])),
    params(
        ("leadId" = LeadId, Path),
        ("X-Organization-Id" = Option<String>, Header, description = "The acting organisation; the personal one when absent."),
    ),
    responses(
        (status = 200, description = "The lead.", body = Lead),
        (status = "default", description = "A problem: 401, 404.", body = ProblemBody<'_>, content_type = "application/problem+json"),
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
