//! A person's account.

use serde::{Deserialize, Serialize};

use crate::access::PlatformRole;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Entity, Key};

/// An account, without what it signs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The account's id.
    pub id: UserId,
    /// The e-mail address as the person wrote it, trimmed.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// Their role on the platform, if any.
    #[serde(default)]
    pub platform_role: Option<PlatformRole>,
    /// When they registered.
    pub created_at: Timestamp,
}

impl User {
    /// Where the account of this id lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(format!("USER#{user}"), "PROFILE")
    }
}

impl Entity for User {
    const TYPE: &'static str = "user";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }
}
