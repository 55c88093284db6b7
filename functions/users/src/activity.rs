//! `GET /api/users/{userId}/activity`

use axum::Json;
use axum::extract::State;
use shared::access::{PlatformRole, Principal};
use shared::event::Event;
use shared::http::{PageQuery, Path, Query};
use shared::id::UserId;
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;
use crate::own::Own;
use crate::rights::own_or;

/// What happened with an account, the latest first: signing in and out, its profile, its connections, and what was done in its personal
/// organisation. What somebody does in another organisation is on that organisation's trail, and its members' to see.
#[utoipa::path(
    get, path = "/api/users/{userId}/activity", operation_id = "listUserActivity", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of events.", body = Page<Event>),
        (status = 403, description = "`forbidden`: the account is another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn list_user_activity(
    State(services): State<Services>,
    principal: Principal,
    Path(id): Path<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Event>>, Error> {
    own_or(&principal, id, PlatformRole::Support)?;
    if principal.user_id != id {
        Own::find(&services, id).await?;
    }
    let partition = Event::partition(id.personal_organization());
    let listing = Listing::of_partition(partition).newest_first().limit(query.page_limit());
    let page = services.store.list::<Event>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|event| event.value)))
}
