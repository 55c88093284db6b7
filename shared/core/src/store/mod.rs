//! The one way to state: DynamoDB behind typed entities.
//!
//! [`Store`] wraps the SDK's client. Reads are gets and bounded queries; a command is one [`Transaction`] that [`Store::execute`]
//! plans, commits and, when others were faster, plans again on what is there now. The few writes that are no business state (leases,
//! rate counters) are single conditional writes.

mod cursor;
mod due;
mod entity;
mod error;
mod idempotency;
mod list;
mod rate;
mod transaction;
mod update;
mod whole_answer;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use crate::clock::{Clock, Timestamp};
use crate::id::Ids;
use crate::telemetry::StoreMeter;

pub use due::{DueRow, DueRows};
pub use entity::{DueIndex, Entity, Indexes, Item, Key, ListingIndex, Table, Versioned};
pub use error::StoreError;
pub use idempotency::{IdempotencyKey, Once, Reply, Run, Started};
pub use list::{Listing, Page, Range};
pub use rate::{Attempt, RateLimit, RateStatus};
pub use transaction::{TRANSACTION_ITEMS_MAXIMUM, Transaction};
pub use update::Update;
use whole_answer::WholeAnswer;

/// How often a request that DynamoDB turned away for load is sent again before the caller is told to come back.
const ATTEMPTS: u32 = 8;
/// How often a command is planned that others overtake. Whoever did is done by then, so that somebody always gets on: many who write to one
/// item at once need many attempts, and short waits between them.
const PLANS: u32 = 16;
/// How long a request that DynamoDB turned away is sent again. The last attempt begins within it and takes as long as the host gives a
/// call (on Lambda 6 seconds); together they stay below the 15 seconds that a function has, so that callers get our 503 and not Lambda's
/// 502.
const PATIENCE: Duration = Duration::from_secs(8);

/// What the tables are called on this stage; cheap to clone.
#[derive(Clone, Debug)]
pub struct TableNames {
    platform: Arc<str>,
    ledger: Arc<str>,
}

impl TableNames {
    /// These names.
    pub fn new(platform: &str, ledger: &str) -> Self {
        Self { platform: platform.into(), ledger: ledger.into() }
    }

    /// The name of a table.
    pub fn name(&self, table: Table) -> &str {
        match table {
            Table::Platform => &self.platform,
            Table::Ledger => &self.ledger,
        }
    }
}

/// The platform's tables; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    tables: TableNames,
    clock: Clock,
    ids: Ids,
}

impl Store {
    /// The tables of these names through this client.
    pub fn new(client: Client, tables: TableNames, clock: Clock, ids: Ids) -> Self {
        let config = client.config().to_builder().interceptor(StoreMeter::new(clock.clone()));
        let config = config.interceptor(WholeAnswer).retry_classifier(WholeAnswer);
        Self { client: Client::from_conf(config.build()), tables, clock, ids }
    }

    /// The SDK's client, for hosts that manage tables.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The name of the platform's table.
    pub fn table(&self) -> &str {
        self.tables.name(Table::Platform)
    }

    /// What the tables are called.
    pub const fn tables(&self) -> &TableNames {
        &self.tables
    }

    /// One item by its key, as of every write acknowledged before; one read unit per 4 KB.
    pub async fn get<T: Entity>(&self, key: &Key) -> Result<Option<Versioned<T>>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        output.item.map(Versioned::from_item).transpose()
    }

    /// Many items by their keys, whichever table they are in, in consistent batches of 100. Keys that DynamoDB leaves unprocessed are asked for again; what is still
    /// unanswered when the time is up is an error, never an absence.
    pub async fn batch_get(&self, keys: &[Key]) -> Result<HashMap<Key, Item>, StoreError> {
        let mut found = HashMap::with_capacity(keys.len());
        let deadline = self.deadline();
        for chunk in keys.chunks(100) {
            let mut wanted = chunk.to_vec();
            let mut attempt = 0;
            while !wanted.is_empty() {
                if attempt > 0 && !self.try_again(attempt, deadline).await {
                    return Err(StoreError::Unavailable("batch get left keys unprocessed".to_owned()).for_good());
                }
                attempt += 1;
                wanted = self.batch_get_once(wanted, &mut found).await?;
            }
        }
        Ok(found)
    }

    async fn batch_get_once(&self, keys: Vec<Key>, found: &mut HashMap<Key, Item>) -> Result<Vec<Key>, StoreError> {
        let mut requests = HashMap::new();
        for table in [Table::Platform, Table::Ledger] {
            let keys = keys.iter().filter(|key| key.table == table).map(Key::attributes).collect::<Vec<_>>();
            if !keys.is_empty() {
                let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
                let request = request.map_err(|error| StoreError::Refused(error.to_string()))?;
                requests.insert(self.tables.name(table).to_owned(), request);
            }
        }
        let output = self.client.batch_get_item().set_request_items(Some(requests)).send();
        let output = output.await.map_err(StoreError::from_sdk)?;
        let (mut responses, mut rest) =
            (output.responses.unwrap_or_default(), output.unprocessed_keys.unwrap_or_default());
        let mut unprocessed = Vec::new();
        for table in [Table::Platform, Table::Ledger] {
            let name = self.tables.name(table);
            for item in responses.remove(name).unwrap_or_default() {
                found.insert(Key::of_item_in(table, &item)?, item);
            }
            for key in rest.remove(name).map(|rest| rest.keys).unwrap_or_default() {
                unprocessed.push(Key::of_item_in(table, &key)?);
            }
        }
        Ok(unprocessed)
    }

    /// Replaces an item that is no business state (a lease, a checkpoint) if nobody changed it since it was read. `None` says that
    /// somebody did. Where several may write at once, `next` must differ between them (by a [`crate::id::LeaseId`]): an equal item counts
    /// as one's own.
    pub async fn replace<T: Entity + Clone>(
        &self,
        current: &Versioned<T>,
        next: T,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        let next = Versioned { value: next, version: current.version.saturating_add(1) };
        let result = self
            .client
            .put_item()
            .table_name(self.tables.name(next.value.key().table))
            .set_item(Some(next.to_item()?))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", AttributeValue::N(current.version.to_string()))
            .send()
            .await;
        match result {
            Ok(_) => Ok(Some(next)),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                // A repeat after a lost answer finds its own write: then it did succeed.
                let stored = self.get::<T>(&next.value.key()).await?;
                Ok(stored.filter(|stored| stored.to_item().ok() == next.to_item().ok()))
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Until when a command that begins now is repeated.
    fn deadline(&self) -> Timestamp {
        self.clock.now().plus(PATIENCE)
    }

    /// Waits before the attempt after this one; false if there is to be none.
    async fn try_again(&self, attempt: u32, deadline: Timestamp) -> bool {
        attempt < ATTEMPTS && self.wait(attempt, deadline).await
    }

    /// Waits before a command is planned again that was overtaken this many times; false if it is not to be.
    async fn plan_again(&self, times: u32, deadline: Timestamp) -> bool {
        times < PLANS && self.wait(times.min(5), deadline).await
    }

    /// Backs off; false if the time is up.
    async fn wait(&self, attempt: u32, deadline: Timestamp) -> bool {
        if self.clock.now() >= deadline {
            return false;
        }
        self.back_off(attempt).await;
        self.clock.now() < deadline
    }

    /// Waits a random while that doubles with each attempt: up to 20 ms, 40 ms, … 1.3 s ("full jitter").
    pub(crate) async fn back_off(&self, attempt: u32) {
        let ceiling_ms = 10_u64 << attempt.min(7);
        self.clock.sleep(Duration::from_millis(self.ids.below(ceiling_ms) + 1)).await;
    }
}
