//! What a person signs in with.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Entity, Key};

/// The password of an account, hashed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The account.
    pub user_id: UserId,
    /// The hash in PHC string form, with its parameters and salt.
    pub password_hash: String,
    /// When the password was set.
    pub set_at: Timestamp,
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credential").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Credential {
    /// Where the credential of this account lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(format!("USER#{user}"), "CREDENTIAL")
    }
}

impl Entity for Credential {
    const TYPE: &'static str = "credential";

    fn key(&self) -> Key {
        Self::key_of(self.user_id)
    }
}
