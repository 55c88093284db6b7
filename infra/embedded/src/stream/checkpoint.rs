//! What we add to the engine's SQLite database: an index on its stream records and a table of checkpoints.
//!
//! The engine numbers a new record one past the greatest number kept (and not below the machine's clock in microseconds). Without an
//! index it reads all records to find that; and if all were trimmed while the clock was set back, numbers would repeat. So the index is
//! ours to make, and the newest acknowledged record stays. Both lean on the engine's private table, which its exact version pin keeps
//! as it is.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::SequenceNumber;
use crate::error::EmbeddedError;

/// How many records one hold of the gate removes, some milliseconds' work.
const TRIM_CHUNK: usize = 500;

/// Creates index and table where they are missing.
pub(crate) fn prepare(connection: &Connection) -> Result<(), EmbeddedError> {
    Ok(connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS _groundwork_stream_order
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
         CREATE TABLE IF NOT EXISTS _groundwork_stream_checkpoints (
             table_name TEXT PRIMARY KEY,
             acknowledged INTEGER NOT NULL
         ) WITHOUT ROWID;",
    )?)
}

/// The last acknowledged position.
pub(super) fn acknowledged(connection: &Connection, table: &str) -> Result<SequenceNumber, EmbeddedError> {
    let stored = connection
        .prepare_cached("SELECT acknowledged FROM _groundwork_stream_checkpoints WHERE table_name = ?1")?
        .query_row([table], |row| row.get(0))
        .optional()?;
    Ok(stored.map_or(SequenceNumber::START, SequenceNumber::from_stored))
}

/// Moves the checkpoint forward to `sequence`, durably, unless it is already there.
pub(super) fn advance(connection: &mut Connection, table: &str, sequence: SequenceNumber) -> Result<(), EmbeddedError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if sequence <= acknowledged(&transaction, table)? {
        return Ok(());
    }
    let known = transaction
        .prepare_cached(
            "SELECT 1 FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) = ?2",
        )?
        .exists(params![table, sequence.stored()])?;
    if !known {
        return Err(EmbeddedError::UnknownRecord { table: table.to_owned(), sequence });
    }
    transaction
        .prepare_cached(
            "INSERT INTO _groundwork_stream_checkpoints (table_name, acknowledged) VALUES (?1, ?2)
             ON CONFLICT (table_name) DO UPDATE SET acknowledged = excluded.acknowledged",
        )?
        .execute(params![table, sequence.stored()])?;
    Ok(transaction.commit()?)
}

/// Removes a chunk of the records before `sequence`, not the one there. Answers whether there may be more.
pub(super) fn trim(connection: &Connection, table: &str, sequence: SequenceNumber) -> Result<bool, EmbeddedError> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM _stream_records WHERE id IN (
                 SELECT id FROM _stream_records
                 WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2
                 ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3)",
        )?
        .execute(params![table, sequence.stored(), TRIM_CHUNK])?;
    Ok(removed == TRIM_CHUNK)
}

/// How many records stand after the checkpoint.
pub(super) fn pending(connection: &Connection, table: &str) -> Result<u64, EmbeddedError> {
    let after = acknowledged(connection, table)?;
    Ok(connection
        .prepare_cached(
            "SELECT COUNT(*) FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2",
        )?
        .query_row(params![table, after.stored()], |row| row.get(0))?)
}
