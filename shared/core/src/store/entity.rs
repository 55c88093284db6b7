//! How a typed entity lies in the table.
//!
//! An item holds the entity's own fields, its key (`pk`, `sk`), its type (`entity`), a `version` that every write raises, and, where the
//! entity asks for it, a place in the `listing` index (lists by something other than the key), a place in the sparse `due` index (what a
//! job must look at, and when), and a `ttl` after which DynamoDB may remove it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use crate::clock::Timestamp;

/// An item as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// A table of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Everything but money.
    Platform,
    /// Accounts, their entries and transfers ([`crate::ledger`]).
    Ledger,
}

/// The primary key of an item, with the table that it is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The table.
    pub table: Table,
    /// The partition: who it belongs to.
    pub pk: String,
    /// The place in the partition.
    pub sk: String,
}

impl Key {
    /// The key of the item `sk` of the partition `pk` of the platform's table.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { table: Table::Platform, pk: pk.into(), sk: sk.into() }
    }

    /// The key of the item `sk` of the partition `pk` of the ledger.
    pub fn in_ledger(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { table: Table::Ledger, pk: pk.into(), sk: sk.into() }
    }

    pub(super) fn attributes(&self) -> Item {
        Item::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// The key that an item of the platform's table has.
    pub fn of(item: &Item) -> Result<Self, StoreError> {
        Self::of_item_in(Table::Platform, item)
    }

    /// The key that an item of this table has.
    pub fn of_item_in(table: Table, item: &Item) -> Result<Self, StoreError> {
        Ok(Self { table, pk: text(item, "pk")?.to_owned(), sk: text(item, "sk")?.to_owned() })
    }
}

pub(super) fn text<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| StoreError::Corrupt(format!("no text attribute {name}")))
}

/// A place in the `listing` index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingIndex {
    /// The list.
    pub partition: String,
    /// The place in the list.
    pub sort: String,
}

/// A place in the `due` index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueIndex {
    /// What a job asks for: a kind and a shard.
    pub partition: String,
    /// When, or which.
    pub sort: String,
}

/// Where an entity stands beside its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexes {
    /// Its place in the `listing` index, if any.
    pub listing: Option<ListingIndex>,
    /// Its place in the `due` index, if any.
    pub due: Option<DueIndex>,
    /// When DynamoDB may remove it; readers check the time themselves, since removal lags by days.
    pub expires_at: Option<Timestamp>,
}

/// A type that lies in the table as one item.
pub trait Entity: Serialize + DeserializeOwned {
    /// The value of the item's `entity` attribute.
    const TYPE: &'static str;

    /// The item's primary key.
    fn key(&self) -> Key;

    /// The item's places in the indexes and its expiry.
    fn indexes(&self) -> Indexes {
        Indexes::default()
    }
}

/// An entity with the version it was read at (1 when new): a write on top of it fails if anybody wrote since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The entity.
    pub value: T,
    /// How many writes the item has seen.
    pub version: u64,
}

impl<T> std::ops::Deref for Versioned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Entity> Versioned<T> {
    /// Reads an item; its `entity` attribute must name this type.
    pub fn from_item(item: Item) -> Result<Self, StoreError> {
        let stored = text(&item, "entity")?;
        if stored != T::TYPE {
            return Err(StoreError::Corrupt(format!("expected a {} and found a {stored}", T::TYPE)));
        }
        let version = item.get("version").and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok());
        let version = version.ok_or_else(|| StoreError::Corrupt(format!("a {} without a version", T::TYPE)))?;
        let value =
            serde_dynamo::from_item(item).map_err(|error| StoreError::Corrupt(format!("{}: {error}", T::TYPE)))?;
        Ok(Self { value, version })
    }

    /// The whole item to be written.
    pub(super) fn to_item(&self) -> Result<Item, StoreError> {
        let corrupt = |error| StoreError::Corrupt(format!("{}: {error}", T::TYPE));
        let mut item: Item = serde_dynamo::to_item(&self.value).map_err(corrupt)?;
        // An absent field is an absent attribute: conditions and index keys rely on it.
        item.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
        item.extend(self.value.key().attributes());
        item.insert("entity".to_owned(), AttributeValue::S(T::TYPE.to_owned()));
        item.insert("version".to_owned(), AttributeValue::N(self.version.to_string()));
        let Indexes { listing, due, expires_at } = self.value.indexes();
        if let Some(ListingIndex { partition, sort }) = listing {
            item.insert("listingPk".to_owned(), AttributeValue::S(partition));
            item.insert("listingSk".to_owned(), AttributeValue::S(sort));
        }
        if let Some(DueIndex { partition, sort }) = due {
            item.insert("duePk".to_owned(), AttributeValue::S(partition));
            item.insert("dueSk".to_owned(), AttributeValue::S(sort));
        }
        if let Some(expires_at) = expires_at {
            item.insert("ttl".to_owned(), AttributeValue::N(expires_at.as_seconds().to_string()));
        }
        Ok(item)
    }
}
