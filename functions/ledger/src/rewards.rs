//! `GET /api/buz/rewards`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Principal;
use shared::ledger::{AccountId, Ledger};
use shared::model::stake::RATES;
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;

/// What stakes from so many days on earn.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Rate {
    /// From how many days on.
    from_days: u16,
    /// In a year, in hundredths of a per cent.
    basis_points: u16,
}

/// What rewards are paid from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RewardPool {
    /// What the pool has, in micro-BUZ. What was earned above it stays due until the pool is funded.
    available: i64,
    /// What stakes earn, the longest first.
    rates: Vec<Rate>,
}

/// What the reward pool has, and what stakes earn.
#[utoipa::path(
    get, path = "/api/buz/rewards", operation_id = "getRewardPool", tag = "ledger",
    security(("accessToken" = [])),
    responses((status = 200, description = "The pool.", body = RewardPool))
)]
pub(crate) async fn get_reward_pool(
    State(services): State<Services>,
    _principal: Principal,
) -> Result<Json<RewardPool>, Error> {
    let pool = Ledger::new(&services).account(AccountId::BuzRewards.part(0)).await?;
    let available = pool.map_or(0, |pool| pool.balance(services.clock.now()).available);
    let rates = RATES.into_iter().map(|(from_days, basis_points)| Rate { from_days, basis_points });
    Ok(Json(RewardPool { available, rates: rates.collect() }))
}
