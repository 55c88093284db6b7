//! `GET /api/ventures/{ventureId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, Path};
use shared::id::VentureId;
use shared::model::venture::Venture;
use shared::services::Services;

use crate::Error;

/// One of the acting organisation's ventures.
#[utoipa::path(
    get, path = "/api/ventures/{ventureId}", operation_id = "getVenture", tag = "ventures",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        ("ventureId" = VentureId, Path),
    ),
    responses(
        (status = 200, description = "The venture.", body = Venture),
    )
)]
pub(crate) async fn get_venture(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<VentureId>,
) -> Result<Json<Venture>, Error> {
    let venture = services.store.get::<Venture>(&Venture::key_of(access.organization_id(), id)).await?;
    Ok(Json(venture.ok_or(Error::NoSuchVenture)?.value))
}
