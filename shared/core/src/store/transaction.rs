//! Commands: one `TransactWriteItems` each.

use std::fmt;
use std::future::Future;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update as UpdateItem};

use super::{ATTEMPTS, Entity, Key, Store, StoreError, Table, TableNames, Update, Versioned};
use crate::clock::Timestamp;

/// DynamoDB's limit of items in one transaction.
pub const TRANSACTION_ITEMS_MAXIMUM: usize = 100;

/// What a failed condition means.
#[derive(Debug)]
pub(super) enum OnReject<E> {
    /// Somebody changed the item since it was read: plan again.
    Stale,
    /// The command cannot be: this is its error.
    Fail(E),
    /// The same command was carried out before: answer as then.
    Replay,
}

enum Write {
    Put { table: Table, item: Result<super::Item, StoreError>, condition: &'static str, version: Option<u64> },
    Delete { key: Key, version: Option<u64> },
    Update(Update),
    Check { key: Key, version: u64 },
}

/// The writes of one command, each with what it means if its condition fails. They all happen or none does.
pub struct Transaction<E> {
    writes: Vec<(Write, OnReject<E>)>,
}

impl<E> fmt::Debug for Transaction<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transaction").field("writes", &self.writes.len()).finish()
    }
}

impl<E> Default for Transaction<E> {
    fn default() -> Self {
        Self { writes: Vec::new() }
    }
}

impl<E> Transaction<E> {
    /// A transaction without writes; committing it does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a new item; one that is already there means another attempt on what is there now.
    pub fn create<T: Entity>(&mut self, value: T) {
        self.put_absent(value, OnReject::Stale);
    }

    /// Writes a new item; one that is already there fails the command with `error`.
    pub fn create_or<T: Entity>(&mut self, value: T, error: E) {
        self.put_absent(value, OnReject::Fail(error));
    }

    pub(super) fn put_absent<T: Entity>(&mut self, value: T, on_reject: OnReject<E>) {
        let (table, item) = (value.key().table, Versioned { value, version: 1 }.to_item());
        let write = Write::Put { table, item, condition: "attribute_not_exists(pk)", version: None };
        self.writes.push((write, on_reject));
    }

    /// Replaces an item that nobody may have changed since it was read.
    pub fn replace<T: Entity>(&mut self, current: &Versioned<T>, next: T) {
        let table = next.key().table;
        let item = Versioned { value: next, version: current.version.saturating_add(1) }.to_item();
        let write = Write::Put { table, item, condition: "version = :version", version: Some(current.version) };
        self.writes.push((write, OnReject::Stale));
    }

    /// Writes nothing, but means another attempt on what is there now if anybody changed the item since it was read.
    pub fn require<T: Entity>(&mut self, current: &Versioned<T>) {
        self.writes.push((Write::Check { key: current.key(), version: current.version }, OnReject::Stale));
    }

    /// Writes nothing, but fails the command with `error` if anybody changed the item since it was read.
    pub fn require_or<T: Entity>(&mut self, current: &Versioned<T>, error: E) {
        self.writes.push((Write::Check { key: current.key(), version: current.version }, OnReject::Fail(error)));
    }

    /// Removes an item that nobody may have changed since it was read.
    pub fn delete<T: Entity>(&mut self, current: &Versioned<T>) {
        self.writes.push((Write::Delete { key: current.key(), version: Some(current.version) }, OnReject::Stale));
    }

    /// Removes whatever is at `key`.
    pub fn delete_key(&mut self, key: Key) {
        self.writes.push((Write::Delete { key, version: None }, OnReject::Stale));
    }

    /// A partial write without a condition of its own.
    pub fn update(&mut self, update: Update) {
        self.writes.push((Write::Update(update), OnReject::Stale));
    }

    /// A partial write whose failed condition fails the command with `error`.
    pub fn update_or(&mut self, update: Update, error: E) {
        self.writes.push((Write::Update(update), OnReject::Fail(error)));
    }

    /// How many items it writes.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether it does nothing.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    fn into_parts(self, tables: &TableNames) -> Result<(Vec<TransactWriteItem>, Vec<OnReject<E>>), StoreError> {
        let mut items = Vec::with_capacity(self.writes.len());
        let mut rejections = Vec::with_capacity(self.writes.len());
        for (write, on_reject) in self.writes {
            items.push(build(write, tables)?);
            rejections.push(on_reject);
        }
        Ok((items, rejections))
    }
}

fn version_values(version: Option<u64>) -> Option<super::Item> {
    version.map(|version| super::Item::from([(":version".to_owned(), AttributeValue::N(version.to_string()))]))
}

fn build(write: Write, tables: &TableNames) -> Result<TransactWriteItem, StoreError> {
    let refused = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Refused(error.to_string());
    let item = TransactWriteItem::builder();
    Ok(match write {
        Write::Put { table, item: content, condition, version } => item.put(
            Put::builder()
                .table_name(tables.name(table))
                .set_item(Some(content?))
                .condition_expression(condition)
                .set_expression_attribute_values(version_values(version))
                .build()
                .map_err(refused)?,
        ),
        Write::Delete { key, version } => item.delete(
            Delete::builder()
                .table_name(tables.name(key.table))
                .set_key(Some(key.attributes()))
                .set_condition_expression(version.map(|_| "version = :version".to_owned()))
                .set_expression_attribute_values(version_values(version))
                .build()
                .map_err(refused)?,
        ),
        Write::Check { key, version } => item.condition_check(
            ConditionCheck::builder()
                .table_name(tables.name(key.table))
                .set_key(Some(key.attributes()))
                .condition_expression("version = :version")
                .set_expression_attribute_values(version_values(Some(version)))
                .build()
                .map_err(refused)?,
        ),
        Write::Update(update) => item.update(
            UpdateItem::builder()
                .table_name(tables.name(update.key.table))
                .set_key(Some(update.key.attributes()))
                .update_expression(update.expression())
                .set_condition_expression(update.condition())
                .set_expression_attribute_names(Some(update.names))
                .set_expression_attribute_values(Some(update.values))
                .build()
                .map_err(refused)?,
        ),
    }
    .build())
}

/// How a commit ended, if not well.
pub(super) enum CommitError<E> {
    /// A condition failed that fails the command.
    Rejected(E),
    /// Something changed since it was read.
    Stale,
    /// The same command was carried out before.
    Replay,
    /// The store failed.
    Store(StoreError),
}

/// What to do about a cancelled transaction.
enum Cancellation {
    Condition(usize),
    Busy,
    Other(String),
}

impl Store {
    /// Plans and commits a command. When an item changed between the plan's reads and the commit, `plan` runs again on what is there
    /// now; after sixteen times, or once its time is up, the command fails with [`StoreError::Contended`]. A plan without writes is done
    /// at once.
    pub async fn execute<T, E, P, F>(&self, plan: P) -> Result<T, E>
    where
        E: From<StoreError>,
        P: Fn() -> F,
        F: Future<Output = Result<(Transaction<E>, T), E>>,
    {
        let deadline = self.deadline();
        let mut overtaken = 0;
        loop {
            let (transaction, value) = plan().await?;
            match self.commit_until(transaction, deadline).await {
                Ok(()) => return Ok(value),
                Err(CommitError::Rejected(error)) => return Err(error),
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(CommitError::Stale | CommitError::Replay) => {
                    overtaken += 1;
                    if !self.plan_again(overtaken, deadline).await {
                        return Err(StoreError::Contended.into());
                    }
                }
            }
        }
    }

    /// What lies at `key`, which the first instance of all puts there. Of several first ones one wins, and the others read what it made.
    pub async fn get_or_create<T: Entity + Clone>(&self, key: &Key, make: impl Fn() -> T) -> Result<T, StoreError> {
        let plan = || async {
            let mut transaction = Transaction::<StoreError>::new();
            let value = match self.get::<T>(key).await? {
                Some(current) => current.value,
                None => {
                    let made = make();
                    transaction.create(made.clone());
                    made
                }
            };
            Ok((transaction, value))
        };
        self.execute(plan).await
    }

    /// Commits one transaction within the time that a command has.
    pub(super) async fn commit<E>(&self, transaction: Transaction<E>) -> Result<(), CommitError<E>> {
        self.commit_until(transaction, self.deadline()).await
    }

    /// Commits one transaction, repeating it under the same client token while DynamoDB is busy and the deadline is not reached: a repeat
    /// after a lost answer changes nothing twice. It is tried once in any case.
    pub(super) async fn commit_until<E>(
        &self,
        transaction: Transaction<E>,
        deadline: Timestamp,
    ) -> Result<(), CommitError<E>> {
        if transaction.is_empty() {
            return Ok(());
        }
        let (items, mut rejections) = transaction.into_parts(&self.tables).map_err(CommitError::Store)?;
        let token = self.ids.next::<ulid::Ulid>().to_string();
        let mut busy = StoreError::Contended;
        for attempt in 1..=ATTEMPTS {
            let request = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = request.client_request_token(&token).send().await else { return Ok(()) };
            match cancellation(&error, &rejections) {
                Some(Cancellation::Condition(index)) => {
                    return Err(match rejections.swap_remove(index) {
                        OnReject::Stale => CommitError::Stale,
                        OnReject::Fail(error) => CommitError::Rejected(error),
                        OnReject::Replay => CommitError::Replay,
                    });
                }
                Some(Cancellation::Other(reason)) => {
                    return Err(CommitError::Store(StoreError::Refused(reason).for_good()));
                }
                Some(Cancellation::Busy) => {}
                None => match StoreError::classify(&error) {
                    error @ StoreError::Unavailable(_) => busy = error,
                    error => return Err(CommitError::Store(error.for_good())),
                },
            }
            if !self.try_again(attempt, deadline).await {
                break;
            }
        }
        Err(CommitError::Store(busy.for_good()))
    }
}

/// Reads the reasons of a cancelled transaction, which come in the order of its items. A command carried out before outranks its errors,
/// which outrank changed items; all of them outrank being busy.
fn cancellation<E>(error: &SdkError<TransactWriteItemsError>, rejections: &[OnReject<E>]) -> Option<Cancellation> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return None;
    };
    let rank = |index: usize| match rejections.get(index) {
        Some(OnReject::Replay) => 0,
        Some(OnReject::Fail(_)) => 1,
        _ => 2,
    };
    let codes = || cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
    let failed =
        codes().enumerate().filter(|(index, code)| *code == "ConditionalCheckFailed" && *index < rejections.len());
    if let Some((index, _)) = failed.min_by_key(|(index, _)| rank(*index)) {
        return Some(Cancellation::Condition(index));
    }
    let is_busy = |code| matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded");
    Some(if codes().any(is_busy) {
        Cancellation::Busy
    } else {
        Cancellation::Other(codes().collect::<Vec<_>>().join(", "))
    })
}
