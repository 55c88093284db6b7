//! `GET /api/users/{userId}/portfolio`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::http::{PageQuery, Path, Query};
use shared::id::UserId;
use shared::model::portfolio_entry::PortfolioEntry;
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;
use crate::person::Person;

/// A person's portfolio, the latest entry first; empty where they do not show it to the caller.
#[utoipa::path(
    get, path = "/api/users/{userId}/portfolio", operation_id = "listPortfolio", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of entries.", body = Page<PortfolioEntry>),
    )
)]
pub(crate) async fn list_portfolio(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<PortfolioEntry>>, Error> {
    let person = Person::find(&services, &principal, id).await?;
    if !person.shows(&services, &principal, person.profile.privacy.portfolio).await? {
        return Ok(Json(Page { data: Vec::new(), next_cursor: None }));
    }
    let listing = Listing::of_partition(PortfolioEntry::partition(id)).newest_first().limit(query.page_limit());
    let page = services.store.list::<PortfolioEntry>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|entry| entry.value)))
}
