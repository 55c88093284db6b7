//! `GET /api/buz/balance/{userId}`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Principal;
use shared::http::Path;
use shared::id::UserId;
use shared::ledger::{AccountId, Balance, Ledger};
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;
use crate::rights::may_look;

/// What a person has, in micro-BUZ.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuzBalance {
    /// The person.
    user_id: UserId,
    #[serde(flatten)]
    balance: Balance,
    /// How many entries the wallet's history has.
    entries: u64,
    /// The hash of the last of them: a statement that ends in it tells the whole history. Null before the first.
    #[schema(required)]
    last_hash: Option<String>,
}

/// What a person has in their wallet. What they staked is not in it; see their stakes.
#[utoipa::path(
    get, path = "/api/buz/balance/{userId}", operation_id = "getBuzBalance", tag = "ledger",
    security(("accessToken" = [])), params(("userId" = UserId, Path)),
    responses(
        (status = 200, description = "The balance.", body = BuzBalance),
        (status = 403, description = "`forbidden`: the wallet is another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn get_buz_balance(
    State(services): State<Services>,
    principal: Principal,
    Path(user_id): Path<UserId>,
) -> Result<Json<BuzBalance>, Error> {
    may_look(&services, &principal, user_id).await?;
    let wallet = Ledger::new(&services).account(AccountId::BuzWallet(user_id).part(0)).await?;
    let now = services.clock.now();
    Ok(Json(match wallet {
        None => BuzBalance { user_id, balance: Balance::default(), entries: 0, last_hash: None },
        Some(wallet) => BuzBalance {
            user_id,
            balance: wallet.balance(now),
            entries: wallet.entries,
            last_hash: (wallet.entries > 0).then(|| wallet.last_hash.clone()),
        },
    }))
}
