//! DynamoDB inside the process, over `dynoxide`.

mod operations;
mod storage;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use tokio::sync::watch;

pub(crate) use self::storage::Storage;
use crate::REGION;
use crate::error::EmbeddedError;
use crate::stream::StreamReader;
use crate::wire::{WireConnector, WireResponse, WireService};

/// Where SQLite's work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// On the caller's thread. Tests need it: while work runs on another thread, tokio's paused clock sees an idle runtime and jumps
    /// ahead to the next timer.
    Inline,
    /// On tokio's blocking pool, so that a slow disk does not hold up other tasks. Servers need it.
    BlockingPool,
}

/// An embedded DynamoDB. Clones share the same tables.
#[derive(Clone)]
pub struct EmbeddedDynamoDb {
    storage: Arc<Storage>,
    execution: Execution,
}

impl EmbeddedDynamoDb {
    /// Opens or creates the database in the file at `path` and runs calls on the blocking pool. A write that was answered survives the
    /// end of the process at any moment; one made in the last moments before a power failure may be lost, the file stays sound.
    ///
    /// # Errors
    /// When the file cannot be opened or another process has it open.
    pub fn open(path: &Path) -> Result<Self, EmbeddedError> {
        Ok(Self { storage: Arc::new(Storage::open(path)?), execution: Execution::BlockingPool })
    }

    /// A database in memory, gone with its last clone, that runs calls inline.
    ///
    /// # Errors
    /// When SQLite cannot start, which only a lack of memory explains.
    pub fn in_memory() -> Result<Self, EmbeddedError> {
        Ok(Self { storage: Arc::new(Storage::in_memory()?), execution: Execution::Inline })
    }

    /// The same database with calls run elsewhere; a server on a database in memory wants [`Execution::BlockingPool`].
    #[must_use]
    pub fn with_execution(mut self, execution: Execution) -> Self {
        self.execution = execution;
        self
    }

    /// A client of the real SDK for this database.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::from_conf(self.config().build())
    }

    /// The configuration of [`Self::client`], for callers that put a connector of their own around [`Self::http_client`] or change the
    /// retries.
    pub fn config(&self) -> aws_sdk_dynamodb::config::Builder {
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url("http://dynamodb.local")
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(self.http_client())
    }

    /// The connector by which the SDK reaches this database without a socket.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(WireConnector(self.clone()))
    }

    /// Answers one request on the calling thread, whatever the execution mode: `operation` is a name such as `PutItem`, `body` its JSON.
    pub fn dispatch(&self, operation: &str, body: &[u8]) -> WireResponse {
        operations::dispatch(&self.storage, operation, body)
    }

    /// A reader of the table's stream, which must be enabled on the table. Readers of one table share one checkpoint.
    pub fn stream(&self, table_name: impl Into<String>) -> StreamReader {
        StreamReader::new(self.clone(), table_name.into())
    }

    /// A counter that rises after each call that may have written items, so that a stream's pump sleeps until there is something to
    /// read.
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.storage.writes.subscribe()
    }

    /// Removes what the tables' time-to-live attributes say has expired at `now_ms` (milliseconds since 1970), as DynamoDB does by
    /// itself within days. The removals appear in the stream under DynamoDB's own identity. Answers how many there were.
    ///
    /// # Errors
    /// When the database fails; what was removed until then stays removed.
    pub async fn sweep_expired(&self, now_ms: i64) -> Result<usize, EmbeddedError> {
        self.run(move |storage| storage.sweep_expired(now_ms)).await?
    }

    /// Runs work where this database's execution mode says.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Storage) -> T + Send + 'static,
    ) -> Result<T, EmbeddedError> {
        match self.execution {
            Execution::Inline => Ok(work(&self.storage)),
            Execution::BlockingPool => {
                let storage = Arc::clone(&self.storage);
                Ok(tokio::task::spawn_blocking(move || work(&storage)).await?)
            }
        }
    }
}

impl WireService for EmbeddedDynamoDb {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        if self.execution == Execution::Inline {
            return self.dispatch(operation, &body);
        }
        let operation = operation.to_owned();
        self.run(move |storage| operations::dispatch(storage, &operation, &body))
            .await
            .unwrap_or_else(|error| WireResponse::internal_error(&error.to_string()))
    }
}

impl fmt::Debug for EmbeddedDynamoDb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EmbeddedDynamoDb").field("execution", &self.execution).finish_non_exhaustive()
    }
}
