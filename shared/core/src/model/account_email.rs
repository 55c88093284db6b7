//! The marker that keeps an e-mail address to one account, and leads from the address to it.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::store::{Entity, Key};

/// "This address belongs to this account."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountEmail {
    /// The address in the form that makes two spellings one: trimmed and lower-case.
    pub normalized: String,
    /// The account.
    pub user_id: UserId,
}

impl AccountEmail {
    /// The form of an address that makes two spellings one.
    pub fn normalize(email: &str) -> String {
        email.trim().to_lowercase()
    }

    /// Where the marker of this address lies.
    pub fn key_of(email: &str) -> Key {
        Key::new(format!("EMAIL#{}", Self::normalize(email)), "ACCOUNT")
    }
}

impl Entity for AccountEmail {
    const TYPE: &'static str = "accountEmail";

    fn key(&self) -> Key {
        Self::key_of(&self.normalized)
    }
}
