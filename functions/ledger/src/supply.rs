//! `GET /api/buz/supply`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Principal;
use shared::ledger::account::BUZ_MINTED_MAXIMUM;
use shared::ledger::{AccountId, Asset, Ledger};
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;

/// How much BUZ there is, in micro-BUZ.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuzSupply {
    /// How many decimals a BUZ has.
    decimals: u32,
    /// The most that is ever minted.
    maximum: i64,
    /// What was minted.
    minted: i64,
    /// What was burned, for good.
    burned: i64,
    /// What there is: minted less burned.
    supply: i64,
    /// Of that, what is in people's wallets.
    circulating: i64,
    /// Of that, what is staked.
    staked: i64,
    /// Of that, what the reward pool has.
    reward_pool: i64,
    /// Of that, what was paid as fees.
    fees: i64,
}

/// How much BUZ there is, and where.
#[utoipa::path(
    get, path = "/api/buz/supply", operation_id = "getBuzSupply", tag = "ledger",
    security(("accessToken" = [])),
    responses((status = 200, description = "The supply.", body = BuzSupply))
)]
pub(crate) async fn get_buz_supply(
    State(services): State<Services>,
    _principal: Principal,
) -> Result<Json<BuzSupply>, Error> {
    use AccountId::{BuzBurned, BuzFees, BuzIssuance, BuzRewards, BuzStakes};
    let accounts = [BuzIssuance, BuzBurned, BuzStakes, BuzRewards, BuzFees];
    let balances = Ledger::new(&services).balances(&accounts).await?;
    let posted = |account| balances.get(&account).map_or(0, |balance| balance.posted);
    let (minted, burned) = (posted(BuzIssuance).saturating_neg(), posted(BuzBurned));
    let (staked, reward_pool, fees) = (posted(BuzStakes), posted(BuzRewards), posted(BuzFees));
    // All that was minted is in some account, and all others of them are wallets.
    let supply = minted.saturating_sub(burned);
    let circulating = supply.saturating_sub(staked).saturating_sub(reward_pool).saturating_sub(fees);
    let (decimals, maximum) = (Asset::Buz.decimals(), BUZ_MINTED_MAXIMUM);
    Ok(Json(BuzSupply { decimals, maximum, minted, burned, supply, circulating, staked, reward_pool, fees }))
}
