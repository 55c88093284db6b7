//! `GET /api/auth/sessions`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::http::{PageQuery, Query};
use shared::model::session::Session;
use shared::services::Services;
use shared::store::{Listing, Page, Range};

use super::view::SessionView;
use crate::Error;

/// The caller's sessions, the newest first. Those that are over are left out, so that a page can hold less than it may.
#[utoipa::path(
    get, path = "/api/auth/sessions", operation_id = "listSessions", tag = "auth",
    security(("accessToken" = [])),
    params(PageQuery),
    responses(
        (status = 200, description = "A page of sessions.", body = Page<SessionView>),
    )
)]
pub(crate) async fn list_sessions(
    State(services): State<Services>,
    principal: Principal,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<SessionView>>, Error> {
    let listing = Listing::of_partition(Session::partition(principal.user_id))
        .range(Range::Prefix(Session::SORT_KEY_PREFIX.to_owned()))
        .newest_first()
        .limit(query.page_limit());
    let page = services.store.list::<Session>(&listing, query.cursor.as_deref()).await?;
    let now = services.clock.now();
    let live = page.data.into_iter().filter(|session| principal.user.has_live(session, now));
    let data = live.map(|session| SessionView::new(session.value, principal.session_id)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}
