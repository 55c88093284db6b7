//! A network from which somebody has signed in to an account: strangers' attempts do not count against who comes from there.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::encoding::shortened;
use crate::id::UserId;
use crate::store::{Entity, Indexes, Key, Update};

/// How long a network is known after the last sign-in that was written down.
const LASTS: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// A sign-in is written down anew only after so long: hardly any costs a write.
const WRITTEN_ANEW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// "Somebody signed in to this account from this network."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownNetwork {
    /// The account.
    pub user_id: UserId,
    /// A digest of the network, so that no address stands in a key.
    pub network: String,
    /// When a sign-in was last written down.
    pub seen_at: Timestamp,
    /// Until when the network is known.
    pub expires_at: Timestamp,
}

impl KnownNetwork {
    /// Where the row of this network lies.
    pub fn key_of(user: UserId, network: &str) -> Key {
        Key::new(format!("USER#{user}"), format!("NETWORK#{}", digest(network)))
    }

    /// Whether the network is still known.
    pub fn is_known(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// Whether a sign-in of now need not be written down.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.is_known(now) && now.since(self.seen_at) < WRITTEN_ANEW
    }

    /// Writes a sign-in of now down, whatever is there: two at once say the same.
    pub fn seen(user: UserId, network: &str, now: Timestamp) -> Update {
        let text = |text: String| AttributeValue::S(text);
        let expires_at = now.plus(LASTS);
        Update::new(Self::key_of(user, network), Self::TYPE)
            .set("userId", text(user.to_string()))
            .set("network", text(digest(network)))
            .set("seenAt", text(now.to_string()))
            .set("expiresAt", text(expires_at.to_string()))
            .set("ttl", AttributeValue::N(expires_at.as_seconds().to_string()))
    }
}

fn digest(network: &str) -> String {
    shortened(Sha256::digest(network.as_bytes()), 12)
}

impl Entity for KnownNetwork {
    const TYPE: &'static str = "knownNetwork";

    fn key(&self) -> Key {
        Key::new(format!("USER#{}", self.user_id), format!("NETWORK#{}", self.network))
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}
