//! `GET /api/billing/credits/history`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{Member, OrganizationAccess};
use shared::clock::Timestamp;
use shared::event::Actor;
use shared::http::{ActingOrganization, PageQuery, Query};
use shared::id::CreditMovementId;
use shared::model::credit_movement::{CreditCause, CreditMovement};
use shared::services::Services;
use shared::store::{Listing, Page};
use utoipa::ToSchema;

use crate::Error;

/// One time that credits came or went.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreditMovement)]
pub(crate) struct MovementView {
    /// The movement's id.
    id: CreditMovementId,
    /// How many: above 0 they came, below they went.
    credits: i64,
    /// Why.
    cause: CreditCause,
    /// Who made it happen.
    actor: Actor,
    /// When.
    at: Timestamp,
}

impl From<CreditMovement> for MovementView {
    fn from(movement: CreditMovement) -> Self {
        let CreditMovement { id, credits, cause, actor, at, .. } = movement;
        Self { id, credits, cause, actor, at }
    }
}

/// Where the acting organisation's credits came from and went, the latest first.
///
/// A day's allowance is in it as far as it burned; what of it lapsed at midnight never moved.
#[utoipa::path(
    get, path = "/api/billing/credits/history", operation_id = "listCreditMovements", tag = "billing",
    security(("accessToken" = [])),
    params(ActingOrganization, PageQuery),
    responses(
        (status = 200, description = "A page of movements.", body = Page<MovementView>),
    )
)]
pub(crate) async fn list_credit_movements(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MovementView>>, Error> {
    let partition = CreditMovement::partition(access.organization_id());
    let listing = Listing::of_partition(partition).newest_first().limit(query.page_limit());
    let page = services.store.list::<CreditMovement>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|movement| movement.value.into())))
}
