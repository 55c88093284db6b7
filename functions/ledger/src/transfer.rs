//! `POST /api/buz/transfer`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::encoding::derived_id;
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::{TransferId, UserId};
use shared::ledger::{AccountId, Balance, Ledger, Leg, NewTransfer, Reason, Transfer};
use shared::model::user::User;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;
use crate::amount::{MINIMUM, TRANSFER_MAXIMUM};
use crate::fee::fee_of;

/// What is to be sent to whom.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TransferBuz {
    /// Who is to get it.
    #[garde(skip)]
    to: UserId,
    /// What is to arrive, in micro-BUZ: 1 to 1,000,000 BUZ. The fee leaves the wallet besides.
    #[garde(range(min = MINIMUM, max = TRANSFER_MAXIMUM))]
    #[schema(minimum = 1_000_000, maximum = 1_000_000_000_000_i64, example = 5_000_000)]
    amount: i64,
    /// The sender's own name for the transfer, for good: what is sent twice under one happens once and is answered as the first time.
    #[garde(inner(custom(is_name)))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$", example = "invoice-2026-0042")]
    #[serde(default)]
    transfer_id: Option<String>,
    /// A note, which the other person sees as well.
    #[garde(inner(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 200)))]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "For the engine"
    )]
    #[serde(default)]
    memo: Option<String>,
}

/// A rule for names that a caller gives a transfer.
pub(crate) fn is_name(text: &str, _: &()) -> garde::Result {
    if (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(garde::Error::new("must be 1 to 64 visible ASCII characters"))
    }
}

/// The id of the transfer that a person calls so; a new one where they do not say.
pub(crate) fn transfer_id(services: &Services, user: UserId, name: Option<&str>) -> TransferId {
    name.map_or_else(|| services.ids.next(), |name| derived_id(&format!("{user} {name}")).into())
}

/// A transfer that was made. Amounts are in micro-BUZ.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuzTransfer {
    /// The transfer's id.
    id: TransferId,
    /// Who sent it.
    from: UserId,
    /// Who got it.
    to: UserId,
    /// What arrived.
    amount: i64,
    /// The fee.
    fee: i64,
    /// What left the wallet.
    total: i64,
    /// The note.
    #[schema(required)]
    memo: Option<String>,
    /// When.
    at: Timestamp,
    /// Where the sender's wallet stood afterwards.
    balance: Balance,
}

impl BuzTransfer {
    fn of(transfer: &Transfer, from: UserId, to: UserId) -> Self {
        let amount = |account| transfer.leg(account).map_or(0, |leg| leg.amount);
        let sender = AccountId::BuzWallet(from);
        Self {
            id: transfer.id,
            from,
            to,
            amount: amount(AccountId::BuzWallet(to)),
            fee: amount(AccountId::BuzFees),
            total: amount(sender),
            memo: transfer.memo.clone(),
            at: transfer.at,
            balance: transfer.leg(sender).and_then(|leg| leg.balance).unwrap_or_default(),
        }
    }
}

/// Send BUZ to somebody. The fee of 0.1 % (rounded up) leaves the wallet besides; ask for a quote to see it before.
#[utoipa::path(
    post, path = "/api/buz/transfer", operation_id = "transferBuz", tag = "ledger",
    security(("accessToken" = [])), params(IdempotencyHeader),
    request_body = TransferBuz,
    responses(
        (status = 201, description = "The transfer, also for a repeat under the same `transferId`.", body = BuzTransfer),
        (
            status = 409,
            description = "`insufficient_funds` with `available`; `transfer_id_used` with `field`: another transfer has this \
                           `transferId`, and this field of it differs."
        ),
    )
)]
pub(crate) async fn transfer_buz(
    State(services): State<Services>,
    principal: Principal,
    idempotency: IdempotencyKey,
    Input(input): Input<TransferBuz>,
) -> Result<Reply<BuzTransfer>, Error> {
    let (from, to) = (principal.user_id, input.to);
    if from == to {
        return Err(Error::Yourself);
    }
    let once = idempotency.once(&principal.caller(), &input)?;
    let (organization, fee) = (from.personal_organization(), fee_of(input.amount));
    let legs = vec![
        Leg::out_of(AccountId::BuzWallet(from), input.amount.saturating_add(fee)).or_open(),
        Leg::into(AccountId::BuzWallet(to), input.amount).or_open(),
        Leg::into(AccountId::BuzFees, fee),
    ];
    let id = transfer_id(&services, from, input.transfer_id.as_deref());
    let new = NewTransfer::new(id, organization, Reason::Transfer, legs).with_memo(input.memo.clone());
    let ledger = Ledger::new(&services);
    let plan = || async {
        let (draft, recipient) = (ledger.draft(vec![new.clone()]), User::key_of(to));
        let reading = ledger.read(&draft, std::slice::from_ref(&recipient)).await?;
        let mut transaction = Transaction::new();
        let planned = draft.plan(&mut transaction, &reading)?;
        let made = planned.first()?;
        if !planned.replayed {
            reading.get::<User>(&recipient)?.filter(|user| user.is_active()).ok_or(Error::UnknownRecipient)?;
            let fact = Fact::BuzTransferred { transfer_id: id, from, to, amount: input.amount, fee };
            transaction.create(principal.event(&services, organization, fact));
        }
        Ok((transaction, StatusCode::CREATED, BuzTransfer::of(made, from, to)))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
