//! An address that an account had until it was changed, kept until whoever reads its mail was told: neither events nor mails hold addresses.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{EventId, UserId};
use crate::store::{Entity, Indexes, Key};

/// For how long it is kept: long enough for a mail that has to wait for its vendor.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A former address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormerEmail {
    /// The account.
    pub user_id: UserId,
    /// The event of the change.
    pub event_id: EventId,
    /// The address until then.
    pub email: String,
    /// When it was changed.
    pub changed_at: Timestamp,
}

impl fmt::Debug for FormerEmail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FormerEmail").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl FormerEmail {
    /// Where the address lies that an account had until this event.
    pub fn key_of(user: UserId, event: EventId) -> Key {
        Key::new(format!("USER#{user}"), format!("FORMER_EMAIL#{event}"))
    }

    /// Whether it may still be used.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        now < self.changed_at.plus(KEPT)
    }
}

impl Entity for FormerEmail {
    const TYPE: &'static str = "formerEmail";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.event_id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.changed_at.plus(KEPT)), ..Indexes::default() }
    }
}
