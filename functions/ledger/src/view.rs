//! What is shown of the ledger.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::id::{StakeId, UserId};
use shared::model::stake::Stake;
use utoipa::ToSchema;

/// A stake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StakeView {
    /// The stake's id.
    id: StakeId,
    /// Whose it is.
    user_id: UserId,
    /// How much, in micro-BUZ.
    amount: i64,
    /// For how many days.
    days: u16,
    /// What it earns in a year, in hundredths of a per cent.
    rate_basis_points: u16,
    /// Since when.
    started_at: Timestamp,
    /// From when on it can be ended.
    ends_at: Timestamp,
    /// When it was paid back; null while it was not.
    #[schema(required)]
    ended_at: Option<Timestamp>,
    /// What it has earned so far, in micro-BUZ.
    rewards_accrued: i64,
    /// What was paid of that.
    rewards_paid: i64,
    /// What is still due.
    rewards_claimable: i64,
}

impl StakeView {
    pub(crate) fn of(stake: &Stake, now: Timestamp) -> Self {
        Self {
            id: stake.id,
            user_id: stake.user_id,
            amount: stake.amount,
            days: stake.days,
            rate_basis_points: stake.rate_basis_points,
            started_at: stake.started_at,
            ends_at: stake.ends_at(),
            ended_at: stake.ended_at,
            rewards_accrued: stake.accrued(now),
            rewards_paid: stake.rewards_paid,
            rewards_claimable: stake.claimable(now),
        }
    }
}
