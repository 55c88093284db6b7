//! What somebody gets who showed one factor and whose second one is to follow: proof of the first, for five minutes, good for nothing else.
//!
//! A challenge is `<account>.<when it was made>.<code>` with the time in milliseconds. It follows from the function's own key and is stored
//! nowhere. Like a session it ends early when all sessions of the account are ended, as by a new password; trying is limited by account and
//! network.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::clock::Timestamp;
use shared::id::UserId;
use shared::model::user::User;
use shared::problem::Problem;

use crate::secret::Secret;
use crate::server_keys::DerivedKey;

/// How long the second factor may take.
pub(crate) const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A challenge whose code is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) user_id: UserId,
    made_at: Timestamp,
}

impl Challenge {
    /// A challenge of now.
    pub(crate) fn new(user: &User, now: Timestamp) -> Self {
        Self { user_id: user.id, made_at: user.session_begins_at(now) }
    }

    /// Whether its time is not over.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.made_at) < LIFETIME
    }

    /// Whether it still opens this account.
    pub(crate) fn is_good(&self, user: &User, now: Timestamp) -> bool {
        let counts = user.sessions_valid_from.is_none_or(|from| self.made_at >= from);
        self.is_fresh(now) && counts && user.erased_at.is_none() && user.id == self.user_id
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
        format!("{}.{}", self.user_id, self.made_at.as_milliseconds())
    }

    fn of_claims(claims: &str) -> Option<Self> {
        let (user_id, made_at) = claims.split_once('.')?;
        Some(Self { user_id: user_id.parse().ok()?, made_at: Timestamp::from_milliseconds(made_at.parse().ok()?) })
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

    fn account(number: u8) -> User {
        let id = format!("usr_01KAGR3V0R000000000000000{number}");
        User::new(id.parse().unwrap(), "ada@example.com", "Ada", at(-9))
    }

    #[test]
    fn a_challenge_is_good_for_its_account_and_five_minutes_or_until_sessions_end() {
        let key = key(Purpose::LoginChallenge);
        let text = Challenge::new(&account(0), at(0)).text(&key).unwrap();
        let challenge = Challenge::read(&text, &key).unwrap().unwrap();
        assert!(challenge.is_good(&account(0), at(299)));
        assert!(!challenge.is_good(&account(0), at(300)));
        assert!(!challenge.is_good(&account(1), at(2)));
        assert!(challenge.is_good(&account(0).with_sessions_ended(at(-1)), at(2)));
        assert!(!challenge.is_good(&account(0).with_sessions_ended(at(0)), at(2)));
        assert!(!challenge.is_good(&account(0).erased(at(-1)), at(2)));
        // Whoever ended all sessions may have a clock that runs ahead.
        let ahead = account(0).with_sessions_ended(at(5));
        assert!(Challenge::new(&ahead, at(0)).is_good(&ahead, at(1)));
    }

    #[test]
    fn a_text_that_was_touched_is_none() {
        let key = key(Purpose::LoginChallenge);
        let text = Challenge::new(&account(0), at(0)).text(&key).unwrap();
        let text = text.reveal();
        let (claims, code) = text.rsplit_once('.').unwrap();
        let later = claims.replace(&at(0).as_milliseconds().to_string(), &at(900).as_milliseconds().to_string());
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
