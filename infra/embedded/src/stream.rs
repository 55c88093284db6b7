//! A table's change stream in order, with a durable checkpoint.
//!
//! A record stays until it is acknowledged, and acknowledging it is durable: after an end of the process at any moment, what is left is
//! what was not acknowledged. Delivery is therefore at least once, in order, as Lambda's is for one shard.

pub(crate) mod checkpoint;
mod record;
mod sequence;

use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::encode_shard_iterator;

pub use self::record::{StreamRecord, lambda_event};
pub use self::sequence::SequenceNumber;
use crate::dynamodb::{EmbeddedDynamoDb, Storage};
use crate::error::EmbeddedError;

/// Reads one table's stream. Clones and other readers of the table share its checkpoint.
#[derive(Debug, Clone)]
pub struct StreamReader {
    database: EmbeddedDynamoDb,
    table: String,
}

impl StreamReader {
    pub(crate) fn new(database: EmbeddedDynamoDb, table: String) -> Self {
        Self { database, table }
    }

    /// The oldest records not yet acknowledged, at most `limit` (and 1,000), without waiting. The same call answers the same records
    /// until some are acknowledged.
    ///
    /// # Errors
    /// When the table does not exist or the database fails.
    pub async fn next_batch(&self, limit: usize) -> Result<Vec<StreamRecord>, EmbeddedError> {
        let table = self.table.clone();
        self.database
            .run(move |storage| {
                let acknowledged =
                    storage.with_connection(|connection| checkpoint::acknowledged(connection, &table))?;
                read(storage, &table, acknowledged, limit)
            })
            .await?
    }

    /// The records after a given one, at most `limit` (and 1,000), for a reader that runs ahead of the checkpoint. Records that are
    /// acknowledged may be gone.
    ///
    /// # Errors
    /// When the table does not exist or the database fails.
    pub async fn batch_after(&self, after: SequenceNumber, limit: usize) -> Result<Vec<StreamRecord>, EmbeddedError> {
        let table = self.table.clone();
        self.database.run(move |storage| read(storage, &table, after, limit)).await?
    }

    /// Records that everything up to and including `sequence` has been dealt with, and forgets it. Acknowledging something older than
    /// the checkpoint changes nothing.
    ///
    /// # Errors
    /// [`EmbeddedError::UnknownRecord`] when the stream has no such record, or when the database fails.
    pub async fn acknowledge(&self, sequence: SequenceNumber) -> Result<(), EmbeddedError> {
        let table = self.table.clone();
        self.database
            .run(move |storage| {
                storage.with_connection(|connection| checkpoint::advance(connection, &table, sequence))?;
                // Each chunk takes the gate anew, so that a consumer that catches up does not hold up the writers.
                while storage.with_connection(|connection| checkpoint::trim(connection, &table, sequence))? {}
                Ok(())
            })
            .await?
    }

    /// How many records wait to be acknowledged.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending(&self) -> Result<u64, EmbeddedError> {
        let table = self.table.clone();
        self.database
            .run(move |storage| storage.with_connection(|connection| checkpoint::pending(connection, &table)))
            .await?
    }
}

fn read(
    storage: &Storage,
    table: &str,
    after: SequenceNumber,
    limit: usize,
) -> Result<Vec<StreamRecord>, EmbeddedError> {
    let shard_iterator = encode_shard_iterator(table, &dynoxide::streams::shard_id(table), after.stored());
    let request = GetRecordsRequest { shard_iterator, limit: Some(limit) };
    let answer = storage.with_engine(|| storage.engine().get_records(request))?;
    answer.records.into_iter().map(|record| StreamRecord::from_engine(table, record)).collect()
}
