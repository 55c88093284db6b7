//! How many people were active, without reading everybody: each account remembers its last active day, and each day how many accounts
//! have it as their last. The accounts active in the last 30 days are then the sum of a few small rows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::problem::Problem;
use crate::store::{Entity, Key, Listing, Range, Store, Update};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// When an account was last active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastActiveDay {
    /// The account.
    pub user_id: UserId,
    /// The UTC day.
    pub day: String,
}

impl LastActiveDay {
    /// Where an account's last active day lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(format!("USER#{user}"), "LAST_ACTIVE_DAY")
    }
}

impl Entity for LastActiveDay {
    const TYPE: &'static str = "lastActiveDay";

    fn key(&self) -> Key {
        Self::key_of(self.user_id)
    }
}

/// Over how many items a day is spread: everybody's first event of a day is a write to it.
const SHARDS: u8 = 8;

/// How many accounts of a shard have a day as their last active one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveDay {
    sk: String,
    count: i64,
}

impl ActiveDay {
    const PARTITION: &'static str = "ACTIVE_DAY";

    /// The write that adds `amount` to a day on behalf of an account, whose id names the shard.
    pub fn add(day: &str, user: UserId, amount: i64) -> Update {
        let shard = u128::from(user.ulid()) % u128::from(SHARDS);
        Update::new(Key::new(Self::PARTITION, format!("{day}#{shard}")), Self::TYPE).add("count", amount)
    }

    /// How many accounts were active in the 30 days up to and including today.
    pub async fn active_in_30_days(store: &Store, now: Timestamp) -> Result<i64, Problem> {
        let from = now.minus(DAY * 29).day();
        // 30 days of eight shards, and a day more should a clock run ahead.
        let listing = Listing::of_partition(Self::PARTITION).range(Range::From(from)).limit(31 * u16::from(SHARDS));
        let page = store.list::<Self>(&listing, None).await?;
        Ok(page.data.iter().map(|day| day.count).sum())
    }
}

impl Entity for ActiveDay {
    const TYPE: &'static str = "activeDay";

    fn key(&self) -> Key {
        Key::new(Self::PARTITION, &*self.sk)
    }
}
