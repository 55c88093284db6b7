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
    /// When an operator suspended the account, if it is suspended: every function refuses it.
    #[serde(default)]
    pub suspended_at: Option<Timestamp>,
    /// When the account was erased, if it was: what is left is this row, without name and address, so that ids elsewhere lead to somebody
    /// who is gone.
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
    /// When they registered.
    pub created_at: Timestamp,
}

impl User {
    /// A new account.
    pub const fn new(id: UserId, email: String, name: String, created_at: Timestamp) -> Self {
        Self { id, email, name, platform_role: None, suspended_at: None, erased_at: None, created_at }
    }

    /// Whether others may meet the account: it is neither suspended nor erased.
    pub const fn is_active(&self) -> bool {
        self.suspended_at.is_none() && self.erased_at.is_none()
    }

    /// What is left of an erased account.
    #[must_use]
    pub fn erased(&self, now: Timestamp) -> Self {
        Self {
            email: String::new(),
            name: String::new(),
            platform_role: None,
            erased_at: Some(now),
            ..self.clone()
        }
    }

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
