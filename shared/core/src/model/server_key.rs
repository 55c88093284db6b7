//! The secret from which the auth function derives what it must be able to derive again: successors of refresh tokens, the keys of
//! challenges and of what is encrypted at rest. It is none of the keys that sign tokens, which come and go.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::store::{Entity, Key};

/// The secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerKey {
    /// 32 random bytes.
    pub bytes: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerKey").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

impl ServerKey {
    /// Where it lies.
    pub fn current_key() -> Key {
        Key::new("SERVER_KEY", "CURRENT")
    }
}

impl Entity for ServerKey {
    const TYPE: &'static str = "serverKey";

    fn key(&self) -> Key {
        Self::current_key()
    }
}
