//! Platform-wide counters, split into shards so that no item takes all their writes.

use serde::{Deserialize, Serialize};

use crate::id::EventId;
use crate::problem::Problem;
use crate::store::{Entity, Key, Listing, Store, Update};

const SHARDS: u8 = 8;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Accounts.
    Users,
    /// Organisations, personal ones among them.
    Organizations,
    /// Organisations on a plan above free.
    OrganizationsAboveFree,
    /// Ventures.
    Ventures,
    /// Leads there are.
    Leads,
    /// Tasks created.
    TasksCreated,
    /// Tasks done.
    TasksCompleted,
    /// Tasks that failed for good.
    TasksFailed,
    /// Messages that the assistant answered.
    ChatMessages,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Users => "USERS",
            Self::Organizations => "ORGANIZATIONS",
            Self::OrganizationsAboveFree => "ORGANIZATIONS_ABOVE_FREE",
            Self::Ventures => "VENTURES",
            Self::Leads => "LEADS",
            Self::TasksCreated => "TASKS_CREATED",
            Self::TasksCompleted => "TASKS_COMPLETED",
            Self::TasksFailed => "TASKS_FAILED",
            Self::ChatMessages => "CHAT_MESSAGES",
        }
    }

    fn partition(self) -> String {
        format!("COUNTER#{}", self.name())
    }

    /// The write that adds `amount` on behalf of an event, which names the shard.
    pub fn add(self, amount: i64, event: EventId) -> Update {
        let shard = u128::from(event.ulid()) % u128::from(SHARDS);
        Update::new(Key::new(self.partition(), shard.to_string()), CounterShard::TYPE).add("count", amount)
    }

    /// The sum of the shards: one query of at most eight small items.
    pub async fn read(self, store: &Store) -> Result<i64, Problem> {
        let page = store.list::<CounterShard>(&Listing::of_partition(self.partition()), None).await?;
        Ok(page.data.iter().map(|shard| shard.count).sum())
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct CounterShard {
    pk: String,
    sk: String,
    count: i64,
}

impl Entity for CounterShard {
    const TYPE: &'static str = "counterShard";

    fn key(&self) -> Key {
        Key::new(&*self.pk, &*self.sk)
    }
}
