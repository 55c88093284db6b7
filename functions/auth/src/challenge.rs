//! What somebody gets whose password was right and whose second factor is to follow: proof of the password, for five minutes, good for
//! nothing else.
//!
//! A challenge is `<account>.<expiry>.<password set at>.<code>` with times in milliseconds. It follows from the function's own key and is
//! stored nowhere. It ends early when the password is changed; trying is limited by account and network.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::clock::Timestamp;
use shared::id::UserId;
use shared::model::credential::Credential;
use shared::problem::Problem;

use crate::secret::Secret;
use crate::server_keys::DerivedKey;

/// How long the second factor may take.
pub(crate) const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A challenge whose code is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) user_id: UserId,
    expires_at: Timestamp,
    password_set_at: Timestamp,
}

impl Challenge {
    /// A challenge of now.
    pub(crate) fn new(credential: &Credential, now: Timestamp) -> Self {
        Self { user_id: credential.user_id, expires_at: now.plus(LIFETIME), password_set_at: credential.set_at }
    }

    /// Whether it still opens this account.
    pub(crate) fn is_good(&self, credential: &Credential, now: Timestamp) -> bool {
        now < self.expires_at && credential.set_at == self.password_set_at && credential.user_id == self.user_id
    }

    pub(crate) fn text(&self, key: &DerivedKey) -> Result<Secret, Problem> {
        let claims = self.claims();
        let code = URL_SAFE_NO_PAD.encode(key.code(&[claims.as_bytes()])?);
        Ok(Secret::from(format!("{claims}.{code}")))
    }

    /// Reads a challenge; none if it is none of ours.
    pub(crate) fn read(text: &Secret, key: &DerivedKey) -> Result<Option<Self>, Problem> {
        let Some((claims, code)) = text.reveal().rsplit_once('.') else { return Ok(None) };
        let Ok(code) = URL_SAFE_NO_PAD.decode(code) else { return Ok(None) };
        if !key.is_code(&[claims.as_bytes()], &code)? {
            return Ok(None);
        }
        Ok(Self::of_claims(claims))
    }

    fn claims(&self) -> String {
        let (expires, set) = (self.expires_at.as_milliseconds(), self.password_set_at.as_milliseconds());
        format!("{}.{expires}.{set}", self.user_id)
    }

    fn of_claims(claims: &str) -> Option<Self> {
        let mut parts = claims.splitn(3, '.');
        let user_id = parts.next()?.parse().ok()?;
        let mut time = || Some(Timestamp::from_milliseconds(parts.next()?.parse().ok()?));
        Some(Self { user_id, expires_at: time()?, password_set_at: time()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_keys::Purpose;
    use shared::model::server_key::ServerKey;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    fn key(purpose: Purpose) -> DerivedKey {
        DerivedKey::of(&ServerKey { bytes: vec![7; 32], created_at: at(0) }, purpose).unwrap()
    }

    #[test]
    fn a_challenge_is_good_for_its_account_and_password_and_five_minutes() {
        let user_id: UserId = "usr_01KAGR3V0R0000000000000000".parse().unwrap();
        let other_id: UserId = "usr_01KAGR3V0R0000000000000001".parse().unwrap();
        let credential = Credential { user_id, password_hash: String::new(), set_at: at(-9) };
        let key = key(Purpose::LoginChallenge);
        let text = Challenge::new(&credential, at(0)).text(&key).unwrap();
        let challenge = Challenge::read(&text, &key).unwrap().unwrap();
        assert!(challenge.is_good(&credential, at(299)));
        assert!(!challenge.is_good(&credential, at(300)));
        assert!(!challenge.is_good(&Credential { set_at: at(1), ..credential.clone() }, at(2)));
        assert!(!challenge.is_good(&Credential { user_id: other_id, ..credential }, at(2)));
    }

    #[test]
    fn a_text_that_was_touched_is_none() {
        let user_id: UserId = "usr_01KAGR3V0R0000000000000000".parse().unwrap();
        let credential = Credential { user_id, password_hash: String::new(), set_at: at(0) };
        let key = key(Purpose::LoginChallenge);
        let text = Challenge::new(&credential, at(0)).text(&key).unwrap();
        let text = text.reveal();
        let (claims, code) = text.rsplit_once('.').unwrap();
        let later = claims.replace(&at(300).as_milliseconds().to_string(), &at(900).as_milliseconds().to_string());
        assert_ne!(later, claims);
        let others = [
            String::new(),
            claims.to_owned(),
            format!("{claims}."),
            format!("{later}.{code}"),
            format!("{claims}.{code}A"),
            format!("{claims}.{code}="),
            text.replace("0000.", "0001."),
        ];
        for other in others {
            assert_eq!(Challenge::read(&Secret::from(other.clone()), &key).unwrap(), None, "{other}");
        }
        let elsewhere = self::key(Purpose::RefreshSuccessor);
        assert_eq!(Challenge::read(&Secret::from(text.to_owned()), &elsewhere).unwrap(), None);
    }
}
