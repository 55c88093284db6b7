//! `GET /api/ventures`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, PageQuery, Query};
use shared::model::venture::Venture;
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;

/// The acting organisation's ventures, the newest first.
#[utoipa::path(
    get, path = "/api/ventures", operation_id = "listVentures", tag = "ventures",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        PageQuery,
    ),
    responses(
        (status = 200, description = "A page of ventures.", body = Page<Venture>),
    )
)]
pub(crate) async fn list_ventures(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Venture>>, Error> {
    let partition = Venture::partition(access.organization_id());
    let listing = Listing::of_partition(partition).newest_first().limit(query.page_limit());
    let page = services.store.list::<Venture>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|venture| venture.value)))
}
