//! The work that is left of an account's erasure: a row that a job finds and removes when it is through.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::due;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Entity, Indexes, Key};
use crate::trace::Trace;

/// How long the job waits: until no function remembers the account, and what it did last is projected.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// An account whose belongings are to be removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// The account.
    pub user_id: UserId,
    /// When it was erased.
    pub requested_at: Timestamp,
    /// When what is left is to be removed.
    pub due_at: Timestamp,
    /// Where the request came from.
    pub trace: Trace,
}

impl Erasure {
    /// The kind of the `due` index under which they stand.
    pub const DUE: &'static str = "ERASURE";

    /// The work on an account that is erased now.
    pub fn new(user_id: UserId, now: Timestamp, trace: Trace) -> Self {
        Self { user_id, requested_at: now, due_at: now.plus(PAUSE), trace }
    }

    /// Whose erasure lies at `key`; none if no erasure can.
    pub fn id_of(key: &Key) -> Option<UserId> {
        key.pk.strip_prefix("ERASURE#").filter(|_| key.sk == "WORK")?.parse().ok()
    }

    /// The partition of these rows, apart from the account's own, which the job empties.
    fn partition(user: UserId) -> String {
        format!("ERASURE#{user}")
    }

    /// Where the work of an account's erasure lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(Self::partition(user), "WORK")
    }
}

impl Entity for Erasure {
    const TYPE: &'static str = "erasure";

    fn key(&self) -> Key {
        Self::key_of(self.user_id)
    }

    fn indexes(&self) -> Indexes {
        let due = due(Self::DUE, self.user_id.ulid(), self.due_at.to_string());
        Indexes { due: Some(due), ..Indexes::default() }
    }
}
