//! Secrets of authenticators at rest: encrypted with XChaCha20-Poly1305 under a key of this function's own, and bound to their account.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use shared::id::{Ids, UserId};
use shared::problem::Problem;

use crate::server_keys::DerivedKey;

/// How many bytes of nonce stand before the ciphertext: enough to be drawn at random.
const NONCE_LENGTH: usize = 24;

/// The secret as it is stored.
pub(crate) fn seal(key: &DerivedKey, ids: &Ids, user: UserId, secret: &[u8]) -> Result<String, Problem> {
    let nonce = ids.secret::<NONCE_LENGTH>();
    let account = user.to_string();
    let payload = Payload { msg: secret, aad: account.as_bytes() };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| Problem::internal("a secret cannot be encrypted"))?;
    Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
}

/// The secret as it was.
pub(crate) fn open(key: &DerivedKey, user: UserId, sealed: &str) -> Result<Vec<u8>, Problem> {
    let broken = || Problem::internal("a stored secret cannot be decrypted");
    let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| broken())?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LENGTH>().ok_or_else(broken)?;
    let account = user.to_string();
    let payload = Payload { msg: sealed, aad: account.as_bytes() };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken())
}

fn cipher(key: &DerivedKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_keys::Purpose;
    use shared::clock::{Clock, TimeSource, Timestamp};
    use shared::id::Entropy;
    use shared::model::server_key::ServerKey;

    #[derive(Debug)]
    struct Still;

    impl TimeSource for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(1_800_000_000)
        }

        fn sleep(&self, _: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::ready(()))
        }
    }

    #[derive(Debug)]
    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn key(byte: u8) -> DerivedKey {
        let secret = ServerKey { bytes: vec![byte; 32], created_at: Timestamp::from_seconds(1_800_000_000) };
        DerivedKey::of(&secret, Purpose::TotpSecret).unwrap()
    }

    #[test]
    fn a_secret_comes_back_for_its_account_and_key_alone() {
        let ids = Ids::new(Clock::new(Still), Sevens);
        let (ada, eve): (UserId, UserId) =
            ("usr_01KAGR3V0R0000000000000000".parse().unwrap(), "usr_01KAGR3V0R0000000000000001".parse().unwrap());
        let sealed = seal(&key(1), &ids, ada, b"a secret of twenty..").unwrap();
        assert_eq!(open(&key(1), ada, &sealed).unwrap(), b"a secret of twenty..");
        assert!(open(&key(2), ada, &sealed).is_err());
        assert!(open(&key(1), eve, &sealed).is_err());
        let mut bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        bytes[30] ^= 1;
        for broken in [String::new(), "AAAA".to_owned(), URL_SAFE_NO_PAD.encode(bytes), format!("{sealed}A")] {
            assert!(open(&key(1), ada, &broken).is_err(), "{broken}");
        }
    }
}
