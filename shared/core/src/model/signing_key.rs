//! The keys that sign and verify access tokens. The two halves lie in partitions of their own, so that every function may read the
//! public half and only those that sign or rotate the private one.
//!
//! A key is first published, then signs, then only verifies, and is gone when its last token has run out. The job `key-rotation` moves it
//! from each state to the next.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::SigningKeyId;
use crate::store::{Entity, Indexes, Key};

/// The private half.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// The key's id, the `kid` of tokens signed with it.
    pub id: SigningKeyId,
    /// The private key in PKCS#8 DER.
    pub pkcs8: Vec<u8>,
    /// When it was made, which is when its public half was published.
    pub created_at: Timestamp,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Where the key that signs now lies.
    pub fn current_key() -> Key {
        Key::new("SIGNING_KEY", "CURRENT")
    }
}

impl Entity for SigningKey {
    const TYPE: &'static str = "signingKey";

    fn key(&self) -> Key {
        Self::current_key()
    }
}

/// The private half of the key that is published already and will sign next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NextSigningKey(pub SigningKey);

impl NextSigningKey {
    /// Where the key that will sign next lies.
    pub fn next_key() -> Key {
        Key::new("SIGNING_KEY", "NEXT")
    }
}

impl Entity for NextSigningKey {
    const TYPE: &'static str = "nextSigningKey";

    fn key(&self) -> Key {
        Self::next_key()
    }
}

/// The public half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyingKey {
    /// The key's id.
    pub id: SigningKeyId,
    /// The public key as a JSON Web Key (RFC 8037).
    pub jwk: serde_json::Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the last token that it signed has run out; none while it signs, or is to.
    #[serde(default)]
    pub retires_at: Option<Timestamp>,
}

impl VerifyingKey {
    /// The partition of all public keys.
    pub const PARTITION: &'static str = "VERIFYING_KEY";

    /// Where the public half of this key lies.
    pub fn key_of(id: SigningKeyId) -> Key {
        Key::new(Self::PARTITION, id.to_string())
    }

    /// Whether tokens may still be verified with it.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.retires_at.is_none_or(|at| now < at)
    }
}

impl Entity for VerifyingKey {
    const TYPE: &'static str = "verifyingKey";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: self.retires_at, ..Indexes::default() }
    }
}
