//! `GET /api/activity`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::event::Event;
use shared::http::{ActingOrganization, PageQuery, Query};
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;

/// What happened in the acting organisation, the latest first.
#[utoipa::path(
    get, path = "/api/activity", operation_id = "listActivity", tag = "organizations",
    security(("accessToken" = [])),
    params(ActingOrganization, PageQuery),
    responses(
        (status = 200, description = "A page of events.", body = Page<Event>),
    )
)]
pub(crate) async fn list_activity(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Event>>, Error> {
    let listing =
        Listing::of_partition(Event::partition(access.organization_id())).newest_first().limit(query.page_limit());
    let page = services.store.list::<Event>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|event| event.value)))
}
