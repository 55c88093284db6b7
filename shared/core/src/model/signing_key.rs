//! The keys that sign and verify access tokens. The two halves lie in partitions of their own, so that every function may read the
//! public half and only the auth function the private one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::SigningKeyId;
use crate::store::{Entity, Key};

/// The private half.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// The key's id, the `kid` of tokens signed with it.
    pub id: SigningKeyId,
    /// The private key in PKCS#8 DER.
    pub pkcs8: Vec<u8>,
    /// When it was made.
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
}

impl VerifyingKey {
    /// The partition of all public keys.
    pub const PARTITION: &'static str = "VERIFYING_KEY";
}

impl Entity for VerifyingKey {
    const TYPE: &'static str = "verifyingKey";

    fn key(&self) -> Key {
        Key::new(Self::PARTITION, self.id.to_string())
    }
}
