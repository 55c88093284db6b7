//! `GET /api/buz/quote`

use axum::Json;
use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::http::Query;
use utoipa::{IntoParams, ToSchema};

use crate::amount::{MINIMUM, TRANSFER_MAXIMUM};
use crate::fee::fee_of;

/// For how much.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QuoteQuery {
    /// What is to arrive, in micro-BUZ: 1 to 1,000,000 BUZ.
    #[garde(range(min = MINIMUM, max = TRANSFER_MAXIMUM))]
    #[param(minimum = 1_000_000, maximum = 1_000_000_000_000_i64)]
    amount: i64,
}

/// What sending costs, in micro-BUZ.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Quote {
    /// What arrives.
    amount: i64,
    /// The fee: 0.1 %, rounded up.
    fee: i64,
    /// What leaves the wallet.
    total: i64,
}

/// What sending an amount costs, before it is sent.
#[utoipa::path(
    get, path = "/api/buz/quote", operation_id = "quoteBuzTransfer", tag = "ledger",
    security(("accessToken" = [])), params(QuoteQuery),
    responses((status = 200, description = "The fee.", body = Quote))
)]
pub(crate) async fn quote_buz_transfer(
    _principal: Principal,
    Query(QuoteQuery { amount }): Query<QuoteQuery>,
) -> Json<Quote> {
    let fee = fee_of(amount);
    Json(Quote { amount, fee, total: amount.saturating_add(fee) })
}
