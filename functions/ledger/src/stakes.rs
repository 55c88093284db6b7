//! `GET /api/buz/stakes/{userId}`

use axum::Json;
use axum::extract::State;
use shared::access::Principal;
use shared::http::{PageQuery, Path, Query};
use shared::id::UserId;
use shared::model::stake::Stake;
use shared::services::Services;
use shared::store::{Listing, Page};

use crate::Error;
use crate::rights::may_look;
use crate::view::StakeView;

/// A person's stakes with what they have earned, the latest first; those that ended as well.
#[utoipa::path(
    get, path = "/api/buz/stakes/{userId}", operation_id = "listStakes", tag = "ledger",
    security(("accessToken" = [])), params(("userId" = UserId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of stakes.", body = Page<StakeView>),
        (status = 403, description = "`forbidden`: the stakes are another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn list_stakes(
    State(services): State<Services>,
    principal: Principal,
    Path(user_id): Path<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<StakeView>>, Error> {
    may_look(&services, &principal, user_id).await?;
    let now = services.clock.now();
    let listing = Listing::of_ledger(Stake::partition(user_id)).newest_first().limit(query.page_limit());
    let page = services.store.list::<Stake>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|stake| StakeView::of(&stake, now))))
}
