//! A signed-in session: what access tokens name and functions check to be alive.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{SessionId, UserId};
use crate::store::{Entity, Indexes, Key};

/// One sign-in on one device.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The account.
    pub user_id: UserId,
    /// SHA-256 of the refresh token that is valid now, in hexadecimal.
    pub refresh_hash: String,
    /// SHA-256 of the refresh token before it, whose replay within the grace gives the same successor again.
    #[serde(default)]
    pub previous_refresh_hash: Option<String>,
    /// When the refresh token was last exchanged.
    pub refreshed_at: Timestamp,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When the session ends for want of a refresh.
    pub expires_at: Timestamp,
    /// When it was ended: signed out, or revoked.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("id", &self.id).field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Session {
    /// Where a session lies.
    pub fn key_of(user: UserId, session: SessionId) -> Key {
        Key::new(format!("USER#{user}"), format!("SESSION#{session}"))
    }

    /// Whether it was neither ended nor ran out.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

impl Entity for Session {
    const TYPE: &'static str = "session";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}
