//! Refresh tokens: what they look like and which follows which.
//!
//! A token is `<account>.<session>.<secret>`: with the two ids its session is found by key. Only the token's SHA-256 is stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::encoding::hexadecimal;
use shared::id::{SessionId, UserId};
use shared::problem::Problem;

use crate::secret::Secret;
use crate::server_keys::DerivedKey;

/// A refresh token that has the right form; whether it is good, its session knows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    secret: [u8; 32],
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RefreshToken").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

impl RefreshToken {
    pub(crate) const fn new(user_id: UserId, session_id: SessionId, secret: [u8; 32]) -> Self {
        Self { user_id, session_id, secret }
    }

    /// Reads a token; `None` if it cannot be one of ours. A token has one text only.
    pub(crate) fn parse(text: &Secret) -> Option<Self> {
        let mut parts = text.reveal().splitn(3, '.');
        let user_id = parts.next()?.parse().ok()?;
        let session_id = parts.next()?.parse().ok()?;
        let secret = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        Some(Self { user_id, session_id, secret: secret.try_into().ok()? })
    }

    /// The token as its holder gets it.
    pub(crate) fn text(&self) -> Secret {
        let secret = URL_SAFE_NO_PAD.encode(self.secret);
        Secret::from(format!("{}.{}.{secret}", self.user_id, self.session_id))
    }

    /// What is stored of it: SHA-256 in hexadecimal. A secret of 256 random bits needs no slow hash.
    pub(crate) fn digest(&self) -> String {
        hexadecimal(Sha256::digest(self.text().reveal().as_bytes()))
    }

    /// The token that this one is exchanged for. It follows from this one and the key, so that it can be given again without being
    /// stored; without the key, nobody who holds this one can tell it.
    pub(crate) fn successor(&self, key: &DerivedKey) -> Result<Self, Problem> {
        let secret = key.code(&[self.text().reveal().as_bytes()])?;
        Ok(Self { secret, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_keys::Purpose;
    use shared::clock::Timestamp;
    use shared::model::server_key::ServerKey;

    fn key(byte: u8) -> DerivedKey {
        let secret = ServerKey { bytes: vec![byte; 32], created_at: Timestamp::from_seconds(1_800_000_000) };
        DerivedKey::of(&secret, Purpose::RefreshSuccessor).unwrap()
    }

    fn token() -> RefreshToken {
        let (user_id, session_id) = ("usr_01KAGR3V0R0000000000000000", "ses_01KAGR3V0R0000000000000001");
        RefreshToken::new(user_id.parse().unwrap(), session_id.parse().unwrap(), [7; 32])
    }

    #[test]
    fn a_token_comes_back_from_its_text_and_from_no_other() {
        let text = token().text();
        assert_eq!(RefreshToken::parse(&text), Some(token()));
        assert!(!format!("{:?}", token()).contains("BwcH"), "the secret is not shown");
        let text = text.reveal();
        let others = [
            String::new(),
            "..".to_owned(),
            format!("{text}="),
            format!("{text}."),
            format!(" {text}"),
            text.to_lowercase(),
            text.replace("usr_", "ses_"),
            text.strip_suffix('c').unwrap().to_owned(),
            // The last character's lowest bits are no part of the secret; a second spelling of it would be a second token.
            format!("{}d", text.strip_suffix('c').unwrap()),
        ];
        for other in others {
            assert_eq!(RefreshToken::parse(&Secret::from(other.clone())), None, "{other}");
        }
    }

    #[test]
    fn a_successor_follows_from_token_and_key() {
        let (key, other_key) = (key(1), key(2));
        let successor = token().successor(&key).unwrap();
        assert_eq!(successor, token().successor(&key).unwrap());
        assert_ne!(successor, token().successor(&other_key).unwrap());
        assert_ne!(successor, token());
        assert_ne!(successor.successor(&key).unwrap(), successor);
        assert_eq!(successor.digest().len(), 64);
    }
}
