//! `POST /api/buz/stake`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::StakeId;
use shared::ledger::{AccountId, Ledger, Leg, NewTransfer, Reason};
use shared::model::stake::{DAYS_MAXIMUM, DAYS_MINIMUM, Stake, rate_of};
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;
use crate::amount::{MAXIMUM, MINIMUM};
use crate::view::StakeView;

/// What is to be staked, and for how long.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StakeBuz {
    /// How much, in micro-BUZ: 1 BUZ or more.
    #[garde(range(min = MINIMUM, max = MAXIMUM))]
    #[schema(minimum = 1_000_000, maximum = 999_999_999_000_000_i64, example = 100_000_000)]
    amount: i64,
    /// For how many days: 30 to 365.
    #[garde(range(min = DAYS_MINIMUM, max = DAYS_MAXIMUM))]
    #[schema(minimum = 30, maximum = 365, example = 180)]
    days: u16,
}

/// Stake BUZ. They are out of the wallet until the days are over; there is no way out before. They earn 5 % a year, 7 % from 180 days on
/// and 8 % for 365 days, day by day, from the reward pool.
#[utoipa::path(
    post, path = "/api/buz/stake", operation_id = "stakeBuz", tag = "ledger",
    security(("accessToken" = [])), params(IdempotencyHeader),
    request_body = StakeBuz,
    responses(
        (status = 201, description = "The stake.", body = StakeView),
        (status = 409, description = "`insufficient_funds` with `available`."),
    )
)]
pub(crate) async fn stake_buz(
    State(services): State<Services>,
    principal: Principal,
    idempotency: IdempotencyKey,
    Input(input): Input<StakeBuz>,
) -> Result<Reply<StakeView>, Error> {
    let once = idempotency.once(&principal.caller(), &input)?;
    let (user_id, organization) = (principal.user_id, principal.user_id.personal_organization());
    let StakeBuz { amount, days } = input;
    let rate_basis_points = rate_of(days).ok_or_else(|| Problem::internal("the days were checked"))?;
    let id = services.ids.next::<StakeId>();
    let legs =
        vec![Leg::out_of(AccountId::BuzWallet(user_id), amount).or_open(), Leg::into(AccountId::BuzStakes, amount)];
    let new = NewTransfer::new(services.ids.next(), organization, Reason::Stake, legs);
    let ledger = Ledger::new(&services);
    let plan = || async {
        let mut transaction = Transaction::new();
        let started_at = services.clock.now();
        let planned = ledger.plan(&mut transaction, vec![new.clone()]).await?;
        let stake = Stake { id, user_id, amount, days, rate_basis_points, started_at, rewards_paid: 0, ended_at: None };
        // An attempt whose answer was lost has written it all.
        if !planned.replayed {
            transaction.create(stake.clone());
            let fact = Fact::BuzStaked { user_id, stake_id: id, amount, days };
            transaction.create(principal.event(&services, organization, fact));
        }
        Ok::<_, Error>((transaction, StatusCode::CREATED, StakeView::of(&stake, started_at)))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
