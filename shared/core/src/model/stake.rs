//! A stake: BUZ that a person puts away for a time, and what it earns by the day.
//!
//! The staked BUZ lie in the account [`AccountId::BuzStakes`](crate::ledger::AccountId::BuzStakes) with everybody's; whose they are says
//! this row. It lies in the ledger's table, since it is written with the transfer that it belongs to and is kept as long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{StakeId, UserId};
use crate::store::{Entity, Key};

/// The fewest days of a stake (CONTRACT "ledger").
pub const DAYS_MINIMUM: u16 = 30;
/// The most.
pub const DAYS_MAXIMUM: u16 = 365;
/// What stakes earn in a year, in hundredths of a per cent, by their days: 5 %, 2 % more from 180 days on, 3 % more from 365 days on
/// (CONTRACT "ledger"). The longest that a stake reaches counts alone.
pub const RATES: [(u16, u16); 3] = [(365, 800), (180, 700), (DAYS_MINIMUM, 500)];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The days of a year, leap or not.
const YEAR_DAYS: i128 = 365;
/// What a whole is in hundredths of a per cent.
const WHOLE: i128 = 10_000;

/// A stake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stake {
    /// The stake's id.
    pub id: StakeId,
    /// Whose it is.
    pub user_id: UserId,
    /// How much, in micro-BUZ.
    pub amount: i64,
    /// For how many days.
    pub days: u16,
    /// What it earns in a year, in hundredths of a per cent.
    pub rate_basis_points: u16,
    /// Since when.
    pub started_at: Timestamp,
    /// What was paid of its rewards, in micro-BUZ.
    pub rewards_paid: i64,
    /// When it was paid back, if it was.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
}

/// What a stake of so many days earns in a year, in hundredths of a per cent; none where there is no such stake.
pub fn rate_of(days: u16) -> Option<u16> {
    let rate = RATES.into_iter().find(|(from, _)| days >= *from).filter(|_| days <= DAYS_MAXIMUM);
    rate.map(|(_, rate)| rate)
}

impl Stake {
    /// The partition of a person's stakes.
    pub fn partition(user: UserId) -> String {
        format!("STAKE#{user}")
    }

    /// Where a stake of a person lies.
    pub fn key_of(user: UserId, stake: StakeId) -> Key {
        Key::in_ledger(Self::partition(user), stake.to_string())
    }

    /// From when on it can be ended.
    pub fn ends_at(&self) -> Timestamp {
        self.started_at.plus(DAY.saturating_mul(u32::from(self.days)))
    }

    /// What it has earned until `now`, in micro-BUZ: a 365th of the year's for each whole day of its time, rounded down in all. After its
    /// time it earns nothing more.
    pub fn accrued(&self, now: Timestamp) -> i64 {
        let days = (now.since(self.started_at).as_secs() / DAY.as_secs()).min(u64::from(self.days));
        let earned = i128::from(self.amount) * i128::from(self.rate_basis_points) * i128::from(days);
        // No stake earns more than itself: 8 % of an amount is less than it.
        i64::try_from(earned / (WHOLE * YEAR_DAYS)).unwrap_or(self.amount)
    }

    /// What it has earned and was not paid yet.
    pub fn claimable(&self, now: Timestamp) -> i64 {
        self.accrued(now).saturating_sub(self.rewards_paid)
    }
}

impl Entity for Stake {
    const TYPE: &'static str = "stake";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stake(amount: i64, days: u16) -> Stake {
        let rate_basis_points = rate_of(days).unwrap();
        let (id, user_id) = (ulid::Ulid::from(1).into(), ulid::Ulid::from(2).into());
        let started_at = Timestamp::from_seconds(1_800_000_000);
        Stake { id, user_id, amount, days, rate_basis_points, started_at, rewards_paid: 0, ended_at: None }
    }

    fn after(stake: &Stake, days: u32) -> i64 {
        stake.accrued(stake.started_at.plus(DAY * days))
    }

    #[test]
    fn longer_stakes_earn_more() {
        let rates = [29, 30, 179, 180, 364, 365, 366].map(rate_of);
        assert_eq!(rates, [None, Some(500), Some(500), Some(700), Some(700), Some(800), None]);
    }

    #[test]
    fn a_stake_earns_by_the_day_until_its_time_is_over() {
        let year = stake(36_500_000, 365);
        assert_eq!(
            [0, 1, 2, 365, 366, 10_000].map(|days| after(&year, days)),
            [0, 8000, 16_000, 2_920_000, 2_920_000, 2_920_000]
        );
        let almost = year.started_at.plus(DAY).minus(Duration::from_millis(1));
        assert_eq!((year.accrued(almost), year.accrued(year.started_at.minus(DAY))), (0, 0));
        assert_eq!(after(&stake(36_500_000, 30), 400), 150_000);
    }

    proptest! {
        #[test]
        fn no_stake_earns_as_much_as_itself_and_none_ever_less(
            amount in 1_i64..999_999_999_000_000, days in 30_u16..=365, one in 0_u32..1000, other in 0_u32..1000,
        ) {
            let stake = stake(amount, days);
            let (earlier, later) = (one.min(other), one.max(other));
            prop_assert!(after(&stake, earlier) <= after(&stake, later));
            prop_assert!(after(&stake, later) < amount);
        }
    }
}
