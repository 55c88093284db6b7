//! A link that stands for its bearer: what it is for, whose it is, until when. One that a mail carries is used once: the transaction that
//! uses it removes it.
//!
//! The row holds no secret. What proves that somebody has the link is derived from the link's id ([`crate::access::LinkSecrets`]).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account_email::AccountEmail;
use crate::clock::Timestamp;
use crate::id::{LinkId, UserId};
use crate::store::{Entity, Indexes, Key};

/// What a link is for. A token made for one purpose is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LinkPurpose {
    /// Show that the account's address is its owner's.
    VerifyEmail,
    /// Set a new password without the old one.
    ResetPassword,
    /// Make another address the account's.
    ChangeEmail,
    /// Have everything that the platform has of the account. It is used until it ends.
    Export,
    /// Join an organisation. Invitations are rows of their own, not links; only their tokens are derived alike.
    Invitation,
    /// Get no more campaigns of an organisation. There is no row: the token says all there is to know, and works for ever.
    Unsubscribe,
}

impl LinkPurpose {
    /// The name that goes into tokens: changing one makes every link of this purpose invalid.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::ChangeEmail => "change-email",
            Self::Export => "export",
            Self::Invitation => "invitation",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// How long such a link may be used (CONTRACT: a reset 1 hour, an invitation 7 days; the others are our own default).
    pub const fn lifetime(self) -> Duration {
        const HOUR: u64 = 60 * 60;
        match self {
            Self::ResetPassword | Self::Export => Duration::from_secs(HOUR),
            Self::VerifyEmail | Self::ChangeEmail => Duration::from_secs(24 * HOUR),
            Self::Invitation => Duration::from_secs(7 * 24 * HOUR),
            Self::Unsubscribe => Duration::MAX,
        }
    }
}

/// A link of an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The link's id.
    pub id: LinkId,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// The account.
    pub user_id: UserId,
    /// The address it is sent to: the account's when the link was asked for, or, where the address is to be changed, the new one.
    pub email: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Link").field("id", &self.id).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

impl Link {
    /// A link of now.
    pub fn new(id: LinkId, purpose: LinkPurpose, user_id: UserId, email: &str, now: Timestamp) -> Self {
        let expires_at = now.plus(purpose.lifetime());
        Self { id, purpose, user_id, email: email.to_owned(), created_at: now, expires_at }
    }

    /// Where a link lies.
    pub fn key_of(link: LinkId) -> Key {
        Key::new(format!("LINK#{link}"), "LINK")
    }

    /// Whether it can still be used for this.
    pub fn is_good_for(&self, purpose: LinkPurpose, now: Timestamp) -> bool {
        self.purpose == purpose && now < self.expires_at
    }

    /// Whether it was sent to this address, in whatever spelling.
    pub fn is_of_address(&self, email: &str) -> bool {
        AccountEmail::normalize(&self.email) == AccountEmail::normalize(email)
    }
}

impl Entity for Link {
    const TYPE: &'static str = "link";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}
