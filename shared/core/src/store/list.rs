//! Bounded pages of a partition.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::Cursor;
use super::{Entity, Item, Store, StoreError, Table, Versioned};
use crate::problem::Problem;

/// Which part of a partition.
#[derive(Clone, Debug, Default)]
pub enum Range {
    /// All of it.
    #[default]
    All,
    /// Sort keys with this beginning.
    Prefix(String),
    /// Sort keys before this one.
    Before(String),
    /// Sort keys from this one on.
    From(String),
    /// Sort keys from the first to the second, both of which belong to it.
    Between(String, String),
}

impl Range {
    fn contains(&self, sort_key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => sort_key.starts_with(prefix),
            Self::Before(bound) => sort_key < bound.as_str(),
            Self::From(bound) => sort_key >= bound.as_str(),
            Self::Between(first, last) => sort_key >= first.as_str() && sort_key <= last.as_str(),
        }
    }
}

/// A list to be read a page at a time.
#[derive(Clone, Debug)]
pub struct Listing {
    table: Table,
    /// The partition of the table that the items are in.
    partition: String,
    /// Whether each item is in a partition of its own, whose name goes on with the item's place in the index.
    across: bool,
    /// The partition of the `listing` index to read instead, if any.
    listing: Option<String>,
    range: Range,
    descending: bool,
    limit: u16,
}

impl Listing {
    /// The items of a partition in the order of their sort keys; consistent.
    pub fn of_partition(partition: impl Into<String>) -> Self {
        let partition = partition.into();
        let (table, range) = (Table::Platform, Range::All);
        Self { table, partition, across: false, listing: None, range, descending: false, limit: 50 }
    }

    /// The items of a partition of the ledger in the order of their sort keys; consistent.
    pub fn of_ledger(partition: impl Into<String>) -> Self {
        Self { table: Table::Ledger, ..Self::of_partition(partition) }
    }

    /// The items of `partition` that stand in the list `listing` of the index; up to date within a moment.
    pub fn of_index(partition: impl Into<String>, listing: impl Into<String>) -> Self {
        Self { listing: Some(listing.into()), ..Self::of_partition(partition) }
    }

    /// The items that stand in the list `listing` of the index, each of which lies in a partition of its own: `prefix` and its place in
    /// the list.
    pub fn of_index_across(prefix: impl Into<String>, listing: impl Into<String>) -> Self {
        Self { across: true, ..Self::of_index(prefix, listing) }
    }

    /// Only this part.
    #[must_use]
    pub fn range(mut self, range: Range) -> Self {
        self.range = range;
        self
    }

    /// The last first.
    #[must_use]
    pub const fn newest_first(mut self) -> Self {
        self.descending = true;
        self
    }

    /// At most this many items a page.
    #[must_use]
    pub const fn limit(mut self, limit: u16) -> Self {
        self.limit = limit;
        self
    }

    /// The list's partition, of the index where it is one of the index.
    pub fn tagged_partition(&self) -> &str {
        self.listing.as_deref().unwrap_or(&self.partition)
    }
}

/// One page of a list, as every list endpoint answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in the list's order.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The page with each item turned into another.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

impl Store {
    /// One page of a list, after `cursor` if one is given.
    pub async fn list<T: Entity>(
        &self,
        listing: &Listing,
        cursor: Option<&str>,
    ) -> Result<Page<Versioned<T>>, Problem> {
        let page = self.list_items(listing, cursor).await?;
        let data = page.data.into_iter().map(Versioned::from_item).collect::<Result<_, StoreError>>()?;
        Ok(Page { data, next_cursor: page.next_cursor })
    }

    /// One page of a list as items, for indexes that hold only keys and for lists of several types.
    pub async fn list_items(&self, listing: &Listing, cursor: Option<&str>) -> Result<Page<Item>, Problem> {
        let indexed = listing.listing.is_some();
        let (pk_name, sk_name) = if indexed { ("listingPk", "listingSk") } else { ("pk", "sk") };
        let cursor = cursor.map(|text| Cursor::decode(text, listing.tagged_partition(), indexed)).transpose()?;
        if let Some(cursor) = &cursor
            && !listing.range.contains(cursor.listing_sk.as_ref().unwrap_or(&cursor.sk))
        {
            // DynamoDB refuses a start outside of the range that is asked for.
            return Err(Cursor::refused());
        }
        let start = cursor.map(|cursor| start_key(listing, cursor));
        let mut query = self
            .client
            .query()
            .table_name(self.tables.name(listing.table))
            .set_index_name(indexed.then(|| "listing".to_owned()))
            .consistent_read(!indexed)
            .scan_index_forward(!listing.descending)
            .limit(i32::from(listing.limit))
            .set_exclusive_start_key(start)
            .expression_attribute_names("#pk", pk_name)
            .expression_attribute_values(":pk", AttributeValue::S(listing.tagged_partition().to_owned()));
        let bound = match &listing.range {
            Range::All => None,
            Range::Prefix(prefix) => Some(("#pk = :pk AND begins_with(#sk, :sk)", prefix)),
            Range::Before(bound) => Some(("#pk = :pk AND #sk < :sk", bound)),
            Range::From(bound) => Some(("#pk = :pk AND #sk >= :sk", bound)),
            Range::Between(first, _) => Some(("#pk = :pk AND #sk BETWEEN :sk AND :last", first)),
        };
        query = match bound {
            None => query.key_condition_expression("#pk = :pk"),
            Some((expression, bound)) => query
                .key_condition_expression(expression)
                .expression_attribute_names("#sk", sk_name)
                .expression_attribute_values(":sk", AttributeValue::S(bound.clone())),
        };
        if let Range::Between(_, last) = &listing.range {
            query = query.expression_attribute_values(":last", AttributeValue::S(last.clone()));
        }
        let output = query.send().await.map_err(StoreError::from_sdk)?;
        let next = output.last_evaluated_key.map(|last| Cursor::of(&last, indexed)).transpose()?;
        let next_cursor = next.map(|cursor| cursor.encode(listing.tagged_partition()));
        Ok(Page { data: output.items.unwrap_or_default(), next_cursor })
    }
}

fn start_key(listing: &Listing, cursor: Cursor) -> Item {
    let own = cursor.listing_sk.as_deref().filter(|_| listing.across).unwrap_or_default();
    let mut start = Item::from([
        ("pk".to_owned(), AttributeValue::S(format!("{}{own}", listing.partition))),
        ("sk".to_owned(), AttributeValue::S(cursor.sk)),
    ]);
    if let (Some(index), Some(listing_sk)) = (&listing.listing, cursor.listing_sk) {
        start.insert("listingPk".to_owned(), AttributeValue::S(index.clone()));
        start.insert("listingSk".to_owned(), AttributeValue::S(listing_sk));
    }
    start
}
