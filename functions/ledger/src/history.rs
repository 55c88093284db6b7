//! `GET /api/buz/history/{userId}`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::http::{PageQuery, Path, Query};
use shared::id::{TransferId, UserId};
use shared::ledger::{AccountId, Direction, Entry, Ledger, Reason, Transfer};
use shared::services::Services;
use shared::store::Page;
use utoipa::ToSchema;

use crate::Error;
use crate::rights::may_look;

/// What happened in a wallet once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryEntry {
    /// Its place in the history, from 1.
    sequence: u64,
    /// When.
    at: Timestamp,
    /// The transfer.
    transfer_id: TransferId,
    /// Why.
    reason: Reason,
    /// What came (above 0) or went (below), in micro-BUZ; with the fee, where it was paid.
    amount: i64,
    /// What was in the wallet then.
    balance: i64,
    /// Of what went, the fee.
    #[schema(required)]
    fee: Option<i64>,
    /// The person on the other side, if there is one.
    #[schema(required)]
    counterparty_id: Option<UserId>,
    /// What the sender noted, or the operator's reason.
    #[schema(required)]
    memo: Option<String>,
    /// The entry's hash, which binds it to the one before.
    hash: String,
}

impl HistoryEntry {
    fn of(entry: Entry, transfer: Option<&Transfer>) -> Self {
        let legs = || transfer.into_iter().flat_map(|transfer| &transfer.legs);
        let fee = legs().find(|leg| leg.part.account == AccountId::BuzFees && leg.direction == Direction::In);
        let counterparty_id = legs().find_map(|leg| match leg.part.account {
            AccountId::BuzWallet(user) if leg.part != entry.part => Some(user),
            _ => None,
        });
        Self {
            sequence: entry.sequence,
            at: entry.at,
            transfer_id: entry.transfer_id,
            reason: entry.reason,
            amount: entry.amount,
            balance: entry.balance,
            fee: fee.filter(|_| entry.amount < 0).map(|leg| leg.amount),
            counterparty_id,
            memo: transfer.and_then(|transfer| transfer.memo.clone()),
            hash: entry.hash,
        }
    }
}

/// What happened in a person's wallet, the latest first.
#[utoipa::path(
    get, path = "/api/buz/history/{userId}", operation_id = "listBuzHistory", tag = "ledger",
    security(("accessToken" = [])), params(("userId" = UserId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of entries.", body = Page<HistoryEntry>),
        (status = 403, description = "`forbidden`: the wallet is another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn list_buz_history(
    State(services): State<Services>,
    principal: Principal,
    Path(user_id): Path<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<HistoryEntry>>, Error> {
    may_look(&services, &principal, user_id).await?;
    let (ledger, wallet) = (Ledger::new(&services), AccountId::BuzWallet(user_id).part(0));
    let page = ledger.entries(wallet, query.cursor.as_deref(), query.page_limit()).await?;
    let transfers = ledger.transfers(page.data.iter().map(|entry| entry.transfer_id)).await?;
    Ok(Json(page.map(|entry| {
        let transfer = transfers.get(&entry.transfer_id);
        HistoryEntry::of(entry, transfer)
    })))
}
