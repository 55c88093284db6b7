//! The secret that the tokens of mailed links are derived from. It is the platform's own and lies apart from every link, so that a row
//! or an event that somebody gets to see opens nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::store::{Entity, Key};

/// The secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkSecret {
    /// 32 random bytes.
    pub bytes: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinkSecret").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

impl LinkSecret {
    /// Where the secret lies.
    pub fn current_key() -> Key {
        Key::new("LINK_SECRET", "CURRENT")
    }
}

impl Entity for LinkSecret {
    const TYPE: &'static str = "linkSecret";

    fn key(&self) -> Key {
        Self::current_key()
    }
}
