//! The auth function's own secret and the keys that are derived from it, one for each purpose.

use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::model::server_key::ServerKey;
use shared::problem::Problem;
use shared::services::Services;

use crate::Error;

/// What a derived key is for. None can be told from another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// The successors of refresh tokens.
    RefreshSuccessor,
    /// Challenges of sign-ins that lack their second factor.
    LoginChallenge,
    /// The secrets of TOTP, encrypted at rest.
    TotpSecret,
    /// Recovery codes, hashed at rest.
    RecoveryCode,
    /// What attempts to sign in with another's help are known by.
    SignInAttempt,
}

impl Purpose {
    /// The name that goes into the derivation: changing one makes everything of this purpose invalid.
    const fn name(self) -> &'static str {
        match self {
            Self::RefreshSuccessor => "groundwork refresh token successor",
            Self::LoginChallenge => "groundwork login challenge",
            Self::TotpSecret => "groundwork totp secret",
            Self::RecoveryCode => "groundwork recovery code",
            Self::SignInAttempt => "groundwork sign-in attempt",
        }
    }
}

/// A key for one purpose.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DerivedKey([u8; 32]);

impl DerivedKey {
    /// HKDF's expansion (RFC 5869) to one block: the secret is as good as random already.
    pub(crate) fn of(secret: &ServerKey, purpose: Purpose) -> Result<Self, Problem> {
        authentication_code(&secret.bytes, &[purpose.name().as_bytes(), &[1]]).map(Self)
    }

    /// HMAC-SHA256 under this key, of parts that together have one reading only.
    pub(crate) fn code(&self, parts: &[&[u8]]) -> Result<[u8; 32], Problem> {
        authentication_code(&self.0, parts)
    }

    /// Whether `presented` is the code of these parts; how long it takes does not tell how much of it was right.
    pub(crate) fn is_code(&self, parts: &[&[u8]], presented: &[u8]) -> Result<bool, Problem> {
        Ok(mac(&self.0, parts)?.verify_slice(presented).is_ok())
    }

    /// The key itself, for a cipher.
    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Result<Hmac<Sha256>, Problem> {
    let mut code = Hmac::<Sha256>::new_from_slice(key).map_err(Problem::internal)?;
    parts.iter().for_each(|part| code.update(part));
    Ok(code)
}

fn authentication_code(key: &[u8], parts: &[&[u8]]) -> Result<[u8; 32], Problem> {
    Ok(mac(key, parts)?.finalize().into_bytes().into())
}

/// The secret of one instance, read once; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ServerKeys {
    services: Services,
    cached: Arc<Mutex<Option<Arc<ServerKey>>>>,
}

impl ServerKeys {
    pub(crate) fn new(services: Services) -> Self {
        Self { services, cached: Arc::default() }
    }

    /// The key for a purpose.
    pub(crate) async fn derive(&self, purpose: Purpose) -> Result<DerivedKey, Error> {
        Ok(DerivedKey::of(&*self.secret().await?, purpose)?)
    }

    async fn secret(&self) -> Result<Arc<ServerKey>, Error> {
        if let Some(secret) = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(secret);
        }
        let Services { store, ids, clock, .. } = &self.services;
        let make = || ServerKey { bytes: ids.secret::<32>().to_vec(), created_at: clock.now() };
        let secret = Arc::new(store.get_or_create(&ServerKey::current_key(), make).await?);
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret.clone());
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Timestamp;

    #[test]
    fn a_key_follows_from_secret_and_purpose() {
        let secret = |byte| ServerKey { bytes: vec![byte; 32], created_at: Timestamp::from_seconds(1_800_000_000) };
        let key = |byte, purpose| *DerivedKey::of(&secret(byte), purpose).unwrap().bytes();
        let known = key(1, Purpose::TotpSecret);
        assert_eq!(known, key(1, Purpose::TotpSecret));
        for other in [key(2, Purpose::TotpSecret), key(1, Purpose::LoginChallenge), key(1, Purpose::SignInAttempt)] {
            assert_ne!(known, other);
        }
    }

    #[test]
    fn only_its_own_code_is_right() {
        let key = DerivedKey([7; 32]);
        let code = key.code(&[b"a", b"b"]).unwrap();
        assert!(key.is_code(&[b"ab"], &code).unwrap());
        assert!(!key.is_code(&[b"ba"], &code).unwrap());
        assert!(!key.is_code(&[b"ab"], &code[..31]).unwrap());
    }
}
