//! `POST /api/buz/mint` and `POST /api/buz/burn`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{PlatformAccess, PlatformAdmin, Principal};
use shared::clock::Timestamp;
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::{TransferId, UserId};
use shared::ledger::{AccountId, Balance, Ledger, Leg, NewTransfer, Reason};
use shared::model::user::User;
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;
use crate::amount::MAXIMUM;
use crate::transfer::{is_name, transfer_id};

/// How much is to come or go, where, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeSupply {
    /// Whose wallet; the reward pool without it.
    #[garde(skip)]
    #[serde(default)]
    user_id: Option<UserId>,
    /// How much, in micro-BUZ.
    #[garde(range(min = 1, max = MAXIMUM))]
    #[schema(minimum = 1, maximum = 999_999_999_000_000_i64, example = 1_000_000_000)]
    amount: i64,
    /// Why, for the record; the person sees it in their history.
    #[garde(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 200))]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Seed of the reward pool"
    )]
    reason: String,
    /// The operator's own name for it: what is asked for twice under one happens once and is answered as the first time.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$", example = "seed-2026")]
    #[serde(default)]
    transfer_id: Option<String>,
}

/// BUZ that came into being or ended. Amounts are in micro-BUZ.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SupplyChange {
    /// The transfer's id.
    id: TransferId,
    /// Whose wallet; null for the reward pool.
    #[schema(required)]
    user_id: Option<UserId>,
    /// How much.
    amount: i64,
    /// Why.
    reason: String,
    /// When.
    at: Timestamp,
    /// Where the wallet or the pool stood afterwards.
    balance: Balance,
    /// What was minted, or burned, in all until then.
    total: i64,
}

/// Mint BUZ into a person's wallet or the reward pool, up to 999,999,999 BUZ ever. What was burned is not minted again.
#[utoipa::path(
    post, path = "/api/buz/mint", operation_id = "mintBuz", tag = "ledger",
    security(("accessToken" = [])), params(IdempotencyHeader),
    request_body = ChangeSupply,
    responses(
        (status = 201, description = "What was minted.", body = SupplyChange),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
        (
            status = 409,
            description = "`supply_exhausted`: there would be more than there may be; `transfer_id_used` with `field`."
        ),
    )
)]
pub(crate) async fn mint_buz(
    State(services): State<Services>,
    access: PlatformAccess<PlatformAdmin>,
    idempotency: IdempotencyKey,
    Input(input): Input<ChangeSupply>,
) -> Result<Reply<SupplyChange>, Error> {
    change(&services, &access.principal, &idempotency, input, Reason::Mint).await
}

/// Burn BUZ of a person's wallet or of the reward pool, for good.
#[utoipa::path(
    post, path = "/api/buz/burn", operation_id = "burnBuz", tag = "ledger",
    security(("accessToken" = [])), params(IdempotencyHeader),
    request_body = ChangeSupply,
    responses(
        (status = 201, description = "What was burned.", body = SupplyChange),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
        (
            status = 409,
            description = "`insufficient_funds` or `reward_pool_empty` with `available`; `transfer_id_used` with `field`."
        ),
    )
)]
pub(crate) async fn burn_buz(
    State(services): State<Services>,
    access: PlatformAccess<PlatformAdmin>,
    idempotency: IdempotencyKey,
    Input(input): Input<ChangeSupply>,
) -> Result<Reply<SupplyChange>, Error> {
    change(&services, &access.principal, &idempotency, input, Reason::Burn).await
}

/// Mints, or burns where that is the reason.
async fn change(
    services: &Services,
    principal: &Principal,
    idempotency: &IdempotencyKey,
    input: ChangeSupply,
    reason: Reason,
) -> Result<Reply<SupplyChange>, Error> {
    let once = idempotency.once(&principal.caller(), &input)?;
    let ChangeSupply { user_id, amount, .. } = input;
    let holder = user_id.map_or(AccountId::BuzRewards, AccountId::BuzWallet);
    let (whole, legs) = match reason {
        Reason::Burn => {
            let legs = vec![Leg::out_of(holder, amount).or_open(), Leg::into(AccountId::BuzBurned, amount)];
            (AccountId::BuzBurned, legs)
        }
        _ => {
            let legs = vec![Leg::out_of(AccountId::BuzIssuance, amount), Leg::into(holder, amount).or_open()];
            (AccountId::BuzIssuance, legs)
        }
    };
    // It stands in the trail of the person whom it is about, and in the operator's own where it is about the pool.
    let organization = user_id.unwrap_or(principal.user_id).personal_organization();
    let id = transfer_id(services, principal.user_id, input.transfer_id.as_deref());
    let new = NewTransfer::new(id, organization, reason, legs).with_memo(Some(input.reason.clone()));
    let ledger = Ledger::new(services);
    let plan = || async {
        let (draft, person) = (ledger.draft(vec![new.clone()]), user_id.map(User::key_of));
        let reading = ledger.read(&draft, person.as_slice()).await?;
        let mut transaction = Transaction::new();
        let planned = draft.plan(&mut transaction, &reading)?;
        let made = planned.first()?;
        if let Some(key) = &person
            && reading.get::<User>(key)?.is_none()
        {
            return Err(Problem::invalid(vec![FieldProblem::new("userId", "is nobody's account")]).into());
        }
        if !planned.replayed {
            let fact = match reason {
                Reason::Burn => Fact::BuzBurned { transfer_id: id, user_id, amount },
                _ => Fact::BuzMinted { transfer_id: id, user_id, amount },
            };
            transaction.create(principal.event(services, organization, fact));
        }
        let (at, balance) = (made.at, planned.balance_of(holder));
        let total = planned.balance_of(whole).posted.saturating_abs();
        let body = SupplyChange { id, user_id, amount, reason: input.reason.clone(), at, balance, total };
        Ok((transaction, StatusCode::CREATED, body))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
