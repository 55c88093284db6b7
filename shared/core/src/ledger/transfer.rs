//! Transfers: as they are asked for, and as they were made.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::{AccountId, AccountPart, Balance};
use super::refusal::Field;
use crate::clock::Timestamp;
use crate::id::{OrganizationId, TransferId};
use crate::model::due;
use crate::store::{Entity, Indexes, Key};

/// Which way something moves, seen from the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Away from it.
    Out,
    /// Into it.
    In,
}

impl Direction {
    /// The change of the balance that moving `amount` is; amounts are above 0.
    pub(super) const fn signed(self, amount: i64) -> i64 {
        match self {
            Self::Out => amount.saturating_neg(),
            Self::In => amount,
        }
    }
}

/// One side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leg {
    /// The account.
    pub account: AccountId,
    /// Which way.
    pub direction: Direction,
    /// How much, above 0.
    pub amount: i64,
    /// Whether the account comes into being if there is none yet.
    #[serde(skip)]
    pub opens: bool,
}

impl Leg {
    /// `amount` leaves `account`.
    pub const fn out_of(account: AccountId, amount: i64) -> Self {
        Self { account, direction: Direction::Out, amount, opens: false }
    }

    /// `amount` arrives in `account`.
    pub const fn into(account: AccountId, amount: i64) -> Self {
        Self { account, direction: Direction::In, amount, opens: false }
    }

    /// The same, and the account comes into being if there is none yet. The platform's own accounts always do.
    #[must_use]
    pub const fn or_open(mut self) -> Self {
        self.opens = true;
        self
    }
}

/// Why something is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// A person sends BUZ to another.
    Transfer,
    /// BUZ come into being.
    Mint,
    /// BUZ end.
    Burn,
    /// BUZ are staked.
    Stake,
    /// A stake ends.
    Unstake,
    /// A stake earns its rewards.
    Reward,
    /// The reward pool is funded.
    FundRewards,
    /// Credits or units are given.
    Grant,
    /// Credits are bought.
    Purchase,
    /// Credits or units are spent.
    Spend,
    /// What was not used in time ends.
    Expire,
    /// What was bought is taken back.
    Refund,
}

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TransferKind {
    /// It moves its amounts at once.
    Posted,
    /// It holds its amounts until another posts or voids it, or it times out.
    Pending,
    /// It posts a pending one, in whole or in part; the rest is released.
    PostPending,
    /// It releases all that a pending one holds.
    VoidPending,
}

/// A transfer as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// Its id: what is asked for twice under one id happens once.
    pub id: TransferId,
    /// In whose trail its events are.
    pub organization_id: OrganizationId,
    /// What it does.
    pub kind: TransferKind,
    /// Why.
    pub reason: Reason,
    /// The sides, which sum to zero. One that posts a pending transfer may go without: then it posts the whole.
    pub legs: Vec<Leg>,
    /// The pending transfer that it settles.
    pub pending_id: Option<TransferId>,
    /// After how long a pending one times out; never without.
    pub timeout: Option<Duration>,
    /// Whether, of two legs, no more is moved than is available.
    pub at_most: bool,
    /// What its maker noted, for both sides to read.
    pub memo: Option<String>,
}

impl NewTransfer {
    /// A transfer that is posted at once.
    pub const fn new(id: TransferId, organization_id: OrganizationId, reason: Reason, legs: Vec<Leg>) -> Self {
        let kind = TransferKind::Posted;
        let (pending_id, timeout, memo) = (None, None, None);
        Self { id, organization_id, kind, reason, legs, pending_id, timeout, at_most: false, memo }
    }

    /// The same, pending until another settles it or `timeout` has passed.
    #[must_use]
    pub fn pending(self, timeout: Option<Duration>) -> Self {
        Self { kind: TransferKind::Pending, timeout, ..self }
    }

    /// The same, which posts what `pending` holds: the whole if it has no legs, or less where its legs say so.
    #[must_use]
    pub fn posting(self, pending: TransferId) -> Self {
        Self { kind: TransferKind::PostPending, pending_id: Some(pending), ..self }
    }

    /// The same, which releases what `pending` holds. It has no legs.
    #[must_use]
    pub fn voiding(self, pending: TransferId) -> Self {
        Self { kind: TransferKind::VoidPending, pending_id: Some(pending), ..self }
    }

    /// The same of no more than is available in the account that it leaves.
    #[must_use]
    pub fn at_most(self) -> Self {
        Self { at_most: true, ..self }
    }

    /// The same with a memo.
    #[must_use]
    pub fn with_memo(self, memo: Option<String>) -> Self {
        Self { memo, ..self }
    }
}

/// One side of a transfer that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MadeLeg {
    /// The account, and the part of it that was chosen. A pending transfer holds nothing of a shared account, and so chose none.
    #[serde(flatten)]
    pub part: AccountPart,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub amount: i64,
    /// Where the account, or its part, stood afterwards; unknown of a shared account that a pending transfer names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
}

/// Where a pending transfer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PendingState {
    /// It holds its amounts.
    Open,
    /// It was posted.
    Posted,
    /// It was voided.
    Voided,
    /// It timed out.
    TimedOut,
}

/// A transfer that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// In whose trail its events are.
    pub organization_id: OrganizationId,
    /// What it does.
    pub kind: TransferKind,
    /// Why.
    pub reason: Reason,
    /// What was moved, held or released.
    pub legs: Vec<MadeLeg>,
    /// The legs that were asked for, where they are not those that were made.
    #[serde(default)]
    pub asked: Option<Vec<Leg>>,
    /// The pending transfer that it settled.
    #[serde(default)]
    pub pending_id: Option<TransferId>,
    /// After how long it times out, in milliseconds.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// When it times out.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// Whether it was of as much as there was.
    pub at_most: bool,
    /// What its maker noted.
    #[serde(default)]
    pub memo: Option<String>,
    /// Where it stands, if it is a pending one.
    #[serde(default)]
    pub state: Option<PendingState>,
    /// What settled it.
    #[serde(default)]
    pub settled_by: Option<TransferId>,
    /// When it was made: not before any entry of its accounts.
    pub at: Timestamp,
}

impl Transfer {
    /// The kind of the `due` index under which pending transfers stand.
    pub const DUE: &'static str = "TRANSFER";

    /// Where a transfer lies.
    pub fn key_of(id: TransferId) -> Key {
        Key::in_ledger(format!("TRANSFER#{id}"), "TRANSFER")
    }

    /// Which transfer lies at `key`; none if none can.
    pub fn id_of(key: &Key) -> Option<TransferId> {
        key.pk.strip_prefix("TRANSFER#")?.parse().ok()
    }

    /// Where it stands at `now`, if it is a pending one: it times out whether or not anybody noted it.
    pub fn state_at(&self, now: Timestamp) -> Option<PendingState> {
        let out_of_time = self.expires_at.is_some_and(|expires_at| expires_at <= now);
        self.state.map(|state| match state {
            PendingState::Open if out_of_time => PendingState::TimedOut,
            other => other,
        })
    }

    /// The leg of an account.
    pub fn leg(&self, account: AccountId) -> Option<&MadeLeg> {
        self.legs.iter().find(|leg| leg.part.account == account)
    }

    /// The first field in which what is asked for now differs from what this was made of.
    pub(super) fn difference(&self, new: &NewTransfer) -> Option<Field> {
        let fields = [
            (self.kind == new.kind, Field::Kind),
            (self.pending_id == new.pending_id, Field::PendingId),
            (self.organization_id == new.organization_id, Field::OrganizationId),
            (self.reason == new.reason, Field::Reason),
            (self.timeout_ms == new.timeout.map(milliseconds), Field::Timeout),
            (self.at_most == new.at_most, Field::AtMost),
        ];
        if let Some((_, field)) = fields.into_iter().find(|(same, _)| !same) {
            return Some(field);
        }
        let asked = self.asked.clone().unwrap_or_else(|| self.legs.iter().map(MadeLeg::as_asked).collect());
        if asked.len() != new.legs.len() {
            return Some(Field::Legs);
        }
        for (asked, new) in asked.iter().zip(&new.legs) {
            if (asked.account, asked.direction) != (new.account, new.direction) {
                return Some(Field::Account);
            }
            if asked.amount != new.amount {
                return Some(Field::Amount);
            }
        }
        (self.memo != new.memo).then_some(Field::Memo)
    }
}

impl MadeLeg {
    /// The leg that this was made of, if nothing was lowered.
    fn as_asked(&self) -> Leg {
        Leg { account: self.part.account, direction: self.direction, amount: self.amount, opens: false }
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Entity for Transfer {
    const TYPE: &'static str = "ledgerTransfer";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn indexes(&self) -> Indexes {
        let open = self.expires_at.filter(|_| self.state == Some(PendingState::Open));
        Indexes { due: open.map(|at| due(Self::DUE, self.id.ulid(), at.to_string())), ..Indexes::default() }
    }
}
