//! What was paid, day by day, without reading every payment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::problem::Problem;
use crate::store::{Entity, Key, Listing, Range, Store, Update};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was paid on a day (UTC), in United States cents. One item a day is enough: payments are by the month, and one at a time is written
/// to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevenueDay {
    sk: String,
    cents: i64,
}

impl RevenueDay {
    const PARTITION: &'static str = "REVENUE_DAY";

    /// The write that adds a payment to the day of `at`.
    pub fn add(at: Timestamp, cents: i64) -> Update {
        Update::new(Key::new(Self::PARTITION, at.day()), Self::TYPE).add("cents", cents)
    }

    /// What was paid in the 30 days up to and including today: one query of at most 31 small items.
    pub async fn paid_in_30_days(store: &Store, now: Timestamp) -> Result<i64, Problem> {
        let from = now.minus(DAY * 29).day();
        let listing = Listing::of_partition(Self::PARTITION).range(Range::From(from)).limit(31);
        let page = store.list::<Self>(&listing, None).await?;
        Ok(page.data.iter().map(|day| day.cents).sum())
    }
}

impl Entity for RevenueDay {
    const TYPE: &'static str = "revenueDay";

    fn key(&self) -> Key {
        Key::new(Self::PARTITION, &*self.sk)
    }
}
