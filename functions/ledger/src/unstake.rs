//! `POST /api/buz/unstake`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::StakeId;
use shared::ledger::{AccountId, Balance, Ledger, Leg, NewTransfer, Reason};
use shared::model::stake::Stake;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, StoreError, Transaction};
use utoipa::ToSchema;

use crate::Error;
use crate::claim::{find, reward};
use crate::view::StakeView;

/// Which stake.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UnstakeBuz {
    /// The stake.
    #[garde(skip)]
    stake_id: StakeId,
}

/// A stake that ended. Amounts are in micro-BUZ.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unstaked {
    /// The stake. What is still claimable of it the reward pool did not suffice for; it stays due.
    stake: StakeView,
    /// What was paid of its rewards with this.
    reward: i64,
    /// Where the wallet stood afterwards.
    balance: Balance,
}

/// End a stake whose days are over. It is paid back with what is still due of its rewards; where the reward pool does not suffice for
/// those, they stay due and can be claimed later.
#[utoipa::path(
    post, path = "/api/buz/unstake", operation_id = "unstakeBuz", tag = "ledger",
    security(("accessToken" = [])), params(IdempotencyHeader),
    request_body = UnstakeBuz,
    responses(
        (status = 200, description = "The stake and the wallet.", body = Unstaked),
        (status = 404, description = "The caller has no such stake."),
        (status = 409, description = "`stake_running` with `endsAt`: its days are not over; `stake_ended`: it was paid back before."),
    )
)]
pub(crate) async fn unstake_buz(
    State(services): State<Services>,
    principal: Principal,
    idempotency: IdempotencyKey,
    Input(input): Input<UnstakeBuz>,
) -> Result<Reply<Unstaked>, Error> {
    let once = idempotency.once(&principal.caller(), &input)?;
    let (user_id, organization) = (principal.user_id, principal.user_id.personal_organization());
    let (ledger, wallet) = (Ledger::new(&services), AccountId::BuzWallet(user_id));
    let plan = || async {
        let now = services.clock.now();
        let (stake, pool) = find(&services, user_id, input.stake_id).await?;
        if stake.ended_at.is_some() {
            return Err(Error::StakeEnded);
        }
        if now < stake.ends_at() {
            return Err(Error::StakeRunning { ends_at: stake.ends_at() });
        }
        let legs = vec![Leg::out_of(AccountId::BuzStakes, stake.amount), Leg::into(wallet, stake.amount)];
        let mut transfers = vec![NewTransfer::new(services.ids.next(), organization, Reason::Unstake, legs)];
        let due = stake.claimable(now);
        let paid = if due <= pool { due } else { 0 };
        transfers.extend((paid > 0).then(|| reward(&services, &stake, paid)));
        let mut transaction = Transaction::new();
        let planned =
            ledger.plan(&mut transaction, transfers).await.map_err(Error::from).map_err(|error| match error {
                // Somebody was faster at the pool since it was looked at; a repeat does without.
                Error::RewardPoolEmpty { .. } => StoreError::Contended.into(),
                error => error,
            })?;
        let rewards_paid = stake.rewards_paid.saturating_add(paid);
        let ended = Stake { ended_at: Some(now), rewards_paid, ..stake.value.clone() };
        transaction.replace(&stake, ended.clone());
        let fact = Fact::BuzUnstaked { user_id, stake_id: stake.id, amount: stake.amount, reward: paid };
        transaction.create(principal.event(&services, organization, fact));
        let stake = StakeView::of(&ended, now);
        Ok((transaction, StatusCode::OK, Unstaked { stake, reward: paid, balance: planned.balance_of(wallet) }))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
