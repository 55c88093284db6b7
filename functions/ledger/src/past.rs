//! `GET /api/buz/balance/{userId}/past`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::http::{Path, Query};
use shared::id::UserId;
use shared::ledger::{AccountId, Ledger};
use shared::services::Services;
use utoipa::{IntoParams, ToSchema};

use crate::Error;
use crate::rights::may_look;

/// Of when.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PastQuery {
    /// The instant.
    #[garde(skip)]
    #[param(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// What a person had, in micro-BUZ.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PastBuzBalance {
    /// The person.
    user_id: UserId,
    /// When.
    at: Timestamp,
    /// What was posted to the wallet up to and with that instant.
    posted: i64,
}

/// What a person had in their wallet at an instant. What was pending then is not told.
#[utoipa::path(
    get, path = "/api/buz/balance/{userId}/past", operation_id = "getPastBuzBalance", tag = "ledger",
    security(("accessToken" = [])), params(("userId" = UserId, Path), PastQuery),
    responses(
        (status = 200, description = "The balance then.", body = PastBuzBalance),
        (status = 403, description = "`forbidden`: the wallet is another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn get_past_buz_balance(
    State(services): State<Services>,
    principal: Principal,
    Path(user_id): Path<UserId>,
    Query(PastQuery { at }): Query<PastQuery>,
) -> Result<Json<PastBuzBalance>, Error> {
    may_look(&services, &principal, user_id).await?;
    let posted = Ledger::new(&services).balance_at(AccountId::BuzWallet(user_id).part(0), at).await?;
    Ok(Json(PastBuzBalance { user_id, at, posted }))
}
