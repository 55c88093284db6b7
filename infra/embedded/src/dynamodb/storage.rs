//! The engine and our second connection to the same SQLite database.
//!
//! The engine keeps its connection to itself, so what it does not do (index its stream, forget delivered records) we do through a
//! connection of our own. The two never work at once: the engine's calls share the `gate`, ours take it alone. SQLite's own answer to a
//! second writer is to sleep and look again, which costs milliseconds and, with tokio's clock paused, a hang.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use dynoxide::storage_backend::ManualClock;
use futures_util::FutureExt;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::error::EmbeddedError;
use crate::stream::checkpoint;

/// How long our connection waits for a lock that the gate does not know of (a person's `sqlite3` on the file).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The engine, our connection beside it and what keeps the two apart.
pub(crate) struct Storage {
    pub(super) engine: dynoxide::Database,
    connection: Mutex<Connection>,
    gate: RwLock<()>,
    pub(super) writes: watch::Sender<u64>,
    location: String,
    _lock: Option<File>,
}

impl Storage {
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        let location = path.to_str().ok_or_else(|| EmbeddedError::PathNotUtf8(path.to_owned()))?.to_owned();
        let lock = lock_file(path)?;
        let storage = Self::at(location, Some(lock))?;
        // In SQLite's write-ahead log, NORMAL syncs at checkpoints only: an ended process loses nothing, each write costs no disk flush.
        // The engine offers no setting for it; this call is the one that leaves its connection so.
        storage.engine.disable_bulk_loading()?;
        Ok(storage)
    }

    pub(super) fn in_memory() -> Result<Self, EmbeddedError> {
        static DATABASES: AtomicU64 = AtomicU64::new(0);
        // SQLite's `memdb` keeps a named database for all connections of the process, so ours can reach the engine's.
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        Self::at(format!("file:/groundwork-{number}?vfs=memdb"), None)
    }

    fn at(location: String, lock: Option<File>) -> Result<Self, EmbeddedError> {
        let engine = dynoxide::Database::new(&location)?;
        let connection = Connection::open(&location)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        checkpoint::prepare(&connection)?;
        Ok(Self {
            engine,
            connection: Mutex::new(connection),
            gate: RwLock::new(()),
            writes: watch::Sender::new(0),
            location,
            _lock: lock,
        })
    }

    /// Runs a call of the engine, which orders its own callers.
    pub(crate) fn with_engine<T>(&self, call: impl FnOnce() -> T) -> T {
        let _shared = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        call()
    }

    /// Gives the engine, for calls that read the stream.
    pub(crate) fn engine(&self) -> &dynoxide::Database {
        &self.engine
    }

    /// Runs work on our own connection while the engine rests.
    pub(crate) fn with_connection<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T {
        let _alone = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        work(&mut self.connection.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note_write(&self) {
        self.writes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The engine's own sweep, on a connection that takes its time from the caller: the engine's database reads the machine's clock.
    pub(super) fn sweep_expired(&self, now_ms: i64) -> Result<usize, EmbeddedError> {
        let clock = ManualClock::new(u64::try_from(now_ms / 1000).unwrap_or_default()).arc();
        let _alone = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        let sweeper = dynoxide::storage::Storage::new(&self.location)?.with_clock(clock);
        // The engine's futures over SQLite never wait, so the first poll finishes them.
        let removed = dynoxide::ttl::sweep_expired_items(&sweeper).now_or_never().transpose()?.unwrap_or_default();
        if removed > 0 {
            self.note_write();
        }
        Ok(removed)
    }
}

/// Takes the lock file beside the database, which the operating system releases with the process, however it ends.
fn lock_file(path: &Path) -> Result<File, EmbeddedError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let open = |source| EmbeddedError::Open { path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(open)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(path)),
        Err(TryLockError::Error(source)) => Err(open(source)),
    }
}
