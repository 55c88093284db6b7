//! The second factor of an account: codes of an authenticator (RFC 6238), and recovery codes for the day it is lost.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::user::User;
use crate::access::Principal;
use crate::clock::Timestamp;
use crate::event::Fact;
use crate::id::UserId;
use crate::services::Services;
use crate::store::{Entity, Key, Transaction, Versioned};

/// An authenticator that was enrolled; it counts once it is confirmed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totp {
    /// The account.
    pub user_id: UserId,
    /// The secret that codes are made from, encrypted.
    pub sealed_secret: String,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When a first code of it was right; from then on it is asked for.
    #[serde(default)]
    pub confirmed_at: Option<Timestamp>,
    /// The latest time step of which a code was accepted: no code is accepted twice.
    #[serde(default)]
    pub last_step: Option<i64>,
    /// Digests of the recovery codes that are left.
    #[serde(default)]
    pub recovery_code_hashes: Vec<String>,
}

impl fmt::Debug for Totp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Totp").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Totp {
    /// Where the second factor of this account lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(format!("USER#{user}"), "TOTP")
    }

    /// Puts into a transaction that this account has no second factor any more, with the event of it. Recovery codes end with it, and so does
    /// what an organisation lets the account do for it alone.
    pub fn turn_off<E>(
        totp: &Versioned<Self>,
        user: &Versioned<User>,
        by: &Principal,
        services: &Services,
        transaction: &mut Transaction<E>,
    ) {
        transaction.delete(totp);
        transaction.replace(user, User { second_factor_since: None, ..user.value.clone() });
        let fact = Fact::TotpDisabled { user_id: user.id };
        transaction.create(by.event(services, user.id.personal_organization(), fact));
    }

    /// Whether it is asked for at sign-in.
    pub const fn is_on(&self) -> bool {
        self.confirmed_at.is_some()
    }
}

impl Entity for Totp {
    const TYPE: &'static str = "totp";

    fn key(&self) -> Key {
        Self::key_of(self.user_id)
    }
}
