//! Who somebody is elsewhere, where that signs them in here: two rows, which come and go together. One keeps an identity to one account and
//! leads from it there; the other tells the account what signs in to it.
//!
//! An account has them only while its address is verified: whoever registers an address that is not theirs must not keep a way in past the
//! day on which its owner resets the password.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account_email::AccountEmail;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Entity, Key, Transaction, Versioned};

/// Who vouches for an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum IdentityProvider {
    /// LinkedIn.
    LinkedIn,
}

impl IdentityProvider {
    /// The name in keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkedIn => "linkedin",
        }
    }
}

/// "This identity signs in to this account."
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountIdentity {
    /// Who vouches for it.
    pub provider: IdentityProvider,
    /// The provider's name for the person. Only with the provider it names somebody.
    pub subject: String,
    /// The account.
    pub user_id: UserId,
}

impl fmt::Debug for AccountIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AccountIdentity").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl AccountIdentity {
    /// Where the marker of this identity lies.
    pub fn key_of(provider: IdentityProvider, subject: &str) -> Key {
        Key::new(format!("IDENTITY#{}#{subject}", provider.name()), "ACCOUNT")
    }
}

impl Entity for AccountIdentity {
    const TYPE: &'static str = "accountIdentity";

    fn key(&self) -> Key {
        Self::key_of(self.provider, &self.subject)
    }
}

/// "This account is signed in to by this identity." An account has one of each provider at most.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedIdentity {
    /// The account.
    pub user_id: UserId,
    /// Who vouches for it.
    pub provider: IdentityProvider,
    /// The provider's name for the person.
    pub subject: String,
    /// The e-mail address that the provider last said to be theirs, if it did.
    #[serde(default)]
    pub email: Option<String>,
    /// Since when it signs in.
    pub linked_at: Timestamp,
}

impl fmt::Debug for LinkedIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinkedIdentity").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl LinkedIdentity {
    /// Where an account's identity at this provider lies.
    pub fn key_of(user: UserId, provider: IdentityProvider) -> Key {
        Key::new(format!("USER#{user}"), format!("IDENTITY#{}", provider.name()))
    }

    /// Whether the provider vouches for this very address, in whatever spelling: then it proves as much of the person as a mail to it.
    pub fn is_of_address(&self, email: &str) -> bool {
        self.email.as_ref().is_some_and(|own| AccountEmail::normalize(own) == AccountEmail::normalize(email))
    }

    /// Adds to a transaction that it signs in from now on. An identity that signs in to an account already means another attempt on what is
    /// there now.
    pub fn link<E>(self, transaction: &mut Transaction<E>) {
        let Self { provider, subject, user_id, .. } = &self;
        transaction.create(AccountIdentity { provider: *provider, subject: subject.clone(), user_id: *user_id });
        transaction.create(self);
    }

    /// Adds to a transaction that it signs in no more.
    pub fn unlink<E>(current: &Versioned<Self>, transaction: &mut Transaction<E>) {
        transaction.delete(current);
        transaction.delete_key(AccountIdentity::key_of(current.provider, &current.subject));
    }
}

impl Entity for LinkedIdentity {
    const TYPE: &'static str = "linkedIdentity";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_vouches_for_its_own_address_alone() {
        let identity = |email: Option<&str>| LinkedIdentity {
            user_id: ulid::Ulid::from(1).into(),
            provider: IdentityProvider::LinkedIn,
            subject: "782bbtaQ".to_owned(),
            email: email.map(str::to_owned),
            linked_at: Timestamp::from_seconds(1_800_000_000),
        };
        assert!(identity(Some("Ada@Example.com")).is_of_address(" ada@example.COM"));
        assert!(!identity(Some("ada@example.com")).is_of_address("eve@example.com"));
        assert!(!identity(None).is_of_address(""));
    }
}
