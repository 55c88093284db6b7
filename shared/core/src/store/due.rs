//! Bounded pages of the `due` index, with the time that each row is due.

use aws_sdk_dynamodb::types::AttributeValue;

use super::entity::text;
use super::{Item, Key, Store, StoreError, Table};
use crate::clock::Timestamp;

/// A row of the `due` index, which holds only keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRow {
    /// The row's key in the table.
    pub key: Key,
    /// Since when it is due. A row that does not say so is due since ever.
    pub since: Timestamp,
}

impl DueRow {
    fn of(table: Table, item: &Item) -> Result<Self, StoreError> {
        let since = text(item, "dueSk")?.parse().unwrap_or(Timestamp::from_seconds(0));
        Ok(Self { key: Key::of_item_in(table, item)?, since })
    }
}

/// One page of due rows.
#[derive(Clone, Debug)]
pub struct DueRows {
    /// The rows, those due first first.
    pub rows: Vec<DueRow>,
    next: Option<Item>,
}

impl DueRows {
    /// Whether rows follow on another page.
    pub const fn has_more(&self) -> bool {
        self.next.is_some()
    }
}

impl Store {
    /// The rows of a partition of the `due` index of the platform's table, only those that are due at `now` where it is given: one page,
    /// after `previous` if one is given.
    pub async fn due_rows(
        &self,
        partition: &str,
        now: Option<Timestamp>,
        previous: Option<DueRows>,
        limit: u16,
    ) -> Result<DueRows, StoreError> {
        self.due_rows_in(Table::Platform, partition, now, previous, limit).await
    }

    /// The same of the index of this table.
    pub async fn due_rows_in(
        &self,
        table: Table,
        partition: &str,
        now: Option<Timestamp>,
        previous: Option<DueRows>,
        limit: u16,
    ) -> Result<DueRows, StoreError> {
        let query = self
            .client
            .query()
            .table_name(self.tables.name(table))
            .index_name("due")
            .limit(i32::from(limit))
            .set_exclusive_start_key(previous.and_then(|page| page.next))
            .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
        let query = match now {
            None => query.key_condition_expression("duePk = :pk"),
            Some(now) => {
                // The index compares texts, and what is due at this very millisecond is due.
                let before = now.plus(std::time::Duration::from_millis(1)).to_string();
                query
                    .key_condition_expression("duePk = :pk AND dueSk < :before")
                    .expression_attribute_values(":before", AttributeValue::S(before))
            }
        };
        let output = query.send().await.map_err(StoreError::from_sdk)?;
        let rows = output
            .items
            .unwrap_or_default()
            .iter()
            .map(|item| DueRow::of(table, item))
            .collect::<Result<_, StoreError>>()?;
        Ok(DueRows { rows, next: output.last_evaluated_key })
    }
}
