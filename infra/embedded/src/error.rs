//! What can go wrong outside a request: opening the file, reading the stream, sweeping.

use std::path::PathBuf;

use crate::stream::SequenceNumber;

/// A failure of the embedded services themselves; failures of a request travel to the SDK as DynamoDB or SQS errors instead.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process holds the database file: two would overwrite each other's cached schema.
    #[error("another process uses the database {}", .0.display())]
    InUse(PathBuf),
    /// SQLite takes paths as UTF-8 text.
    #[error("the database path {} is not valid UTF-8", .0.display())]
    PathNotUtf8(PathBuf),
    /// The database file or its lock file could not be created or opened.
    #[error("the database {} cannot be opened", path.display())]
    Open {
        /// The file that was asked for.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The DynamoDB engine refused.
    #[error("the embedded DynamoDB failed: {0}")]
    Engine(Box<dynoxide::DynoxideError>),
    /// SQLite refused what we do beside the engine.
    #[error("the embedded DynamoDB's file failed")]
    Sqlite(#[from] rusqlite::Error),
    /// A record was acknowledged that the stream never delivered; going on would skip records.
    #[error("table {table} has no stream record {sequence} to acknowledge")]
    UnknownRecord {
        /// The table whose stream is read.
        table: String,
        /// The sequence number that was acknowledged.
        sequence: SequenceNumber,
    },
    /// A stream record does not have the shape this version of the engine writes.
    #[error("a stream record is malformed: {0}")]
    MalformedRecord(String),
    /// A table or queue of the template could not be made.
    #[error("{name} cannot be made: {answer}")]
    Provision {
        /// The table or queue.
        name: String,
        /// What the service answered.
        answer: String,
    },
    /// The task on the blocking pool panicked, or the runtime is shutting down.
    #[error("the embedded DynamoDB's task did not finish")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl From<dynoxide::DynoxideError> for EmbeddedError {
    fn from(error: dynoxide::DynoxideError) -> Self {
        Self::Engine(Box::new(error))
    }
}
