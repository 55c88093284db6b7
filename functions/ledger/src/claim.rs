//! `POST /api/buz/rewards`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::{StakeId, UserId};
use shared::ledger::{Account, AccountId, Balance, Ledger, Leg, NewTransfer, Reason};
use shared::model::stake::Stake;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction, Versioned};
use utoipa::ToSchema;

use crate::Error;
use crate::view::StakeView;

/// Of which stake.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClaimRewards {
    /// The stake.
    #[garde(skip)]
    stake_id: StakeId,
}

/// Rewards that were paid. Amounts are in micro-BUZ.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claimed {
    /// The stake.
    stake: StakeView,
    /// What was paid.
    reward: i64,
    /// Where the wallet stood afterwards.
    balance: Balance,
}

/// A person's stake, and what the reward pool has.
pub(crate) async fn find(services: &Services, user: UserId, stake: StakeId) -> Result<(Versioned<Stake>, i64), Error> {
    let (stake, pool) = (Stake::key_of(user, stake), AccountId::BuzRewards.part(0).key());
    let mut found = services.store.batch_get(&[stake.clone(), pool.clone()]).await?;
    let stake = found.remove(&stake).map(Versioned::from_item).transpose()?.ok_or_else(Problem::not_found)?;
    let pool = found.remove(&pool).map(Versioned::<Account>::from_item).transpose()?;
    Ok((stake, pool.map_or(0, |pool| pool.balance(services.clock.now()).available)))
}

/// The payment of `amount` of a stake's rewards. That nothing is paid twice sees the stake's row to, which is written with it.
pub(crate) fn reward(services: &Services, stake: &Stake, amount: i64) -> NewTransfer {
    let id = services.ids.next();
    let wallet = AccountId::BuzWallet(stake.user_id);
    let legs = vec![Leg::out_of(AccountId::BuzRewards, amount), Leg::into(wallet, amount)];
    NewTransfer::new(id, stake.user_id.personal_organization(), Reason::Reward, legs)
}

/// Have paid what a stake has earned so far.
#[utoipa::path(
    post, path = "/api/buz/rewards", operation_id = "claimRewards", tag = "ledger",
    security(("accessToken" = [])), params(IdempotencyHeader),
    request_body = ClaimRewards,
    responses(
        (status = 200, description = "The stake and the wallet.", body = Claimed),
        (status = 404, description = "The caller has no such stake."),
        (
            status = 409,
            description = "`no_rewards`: nothing is due; `reward_pool_empty` with `available`: the pool has less than is due, which stays so."
        ),
    )
)]
pub(crate) async fn claim_rewards(
    State(services): State<Services>,
    principal: Principal,
    idempotency: IdempotencyKey,
    Input(input): Input<ClaimRewards>,
) -> Result<Reply<Claimed>, Error> {
    let once = idempotency.once(&principal.caller(), &input)?;
    let (user_id, organization) = (principal.user_id, principal.user_id.personal_organization());
    let ledger = Ledger::new(&services);
    let plan = || async {
        let now = services.clock.now();
        let (stake, pool) = find(&services, user_id, input.stake_id).await?;
        let amount = stake.claimable(now);
        if amount == 0 {
            return Err(Error::NoRewards);
        }
        if amount > pool {
            return Err(Error::RewardPoolEmpty { available: pool });
        }
        let mut transaction = Transaction::new();
        let planned = ledger.plan(&mut transaction, vec![reward(&services, &stake, amount)]).await?;
        let next = Stake { rewards_paid: stake.rewards_paid.saturating_add(amount), ..stake.value.clone() };
        transaction.replace(&stake, next.clone());
        let fact = Fact::BuzRewardPaid { user_id, stake_id: stake.id, amount };
        transaction.create(principal.event(&services, organization, fact));
        let balance = planned.balance_of(AccountId::BuzWallet(user_id));
        Ok((transaction, StatusCode::OK, Claimed { stake: StakeView::of(&next, now), reward: amount, balance }))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
