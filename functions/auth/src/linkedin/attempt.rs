//! What ties somebody who comes back from LinkedIn to the browser that began.
//!
//! An attempt's `state` is `<id>.<expiry in milliseconds>`. It goes to LinkedIn and back in addresses, and proves nothing by itself. Its
//! `verifier` follows from the state under the function's own key; whoever begins gets it in the body of the answer, and it is in no address.
//! Who presents both began the attempt: a code that somebody else was given, sent to a person in a link, comes without the verifier. The
//! verifier of an attempt to link LinkedIn to an account is of that account, so that it is good for nothing else and for nobody else. What is
//! derived is stored nowhere; the transaction that uses an attempt leaves its id behind, which no other transaction can.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::clock::Timestamp;
use shared::id::{SignInAttemptId, UserId};
use shared::model::sign_in_attempt::UsedSignInAttempt;
use shared::problem::Problem;
use shared::services::Services;

use crate::secret::Secret;
use crate::server_keys::DerivedKey;

/// How long somebody may stay at LinkedIn.
pub(crate) const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// What an attempt is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    /// Signing somebody in who is not known yet.
    Anybody,
    /// Linking an identity to this account.
    Account(UserId),
}

/// An attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    id: SignInAttemptId,
    expires_at: Timestamp,
}

impl Attempt {
    /// An attempt of now.
    pub(crate) fn begin(services: &Services) -> Self {
        Self { id: services.ids.next(), expires_at: services.clock.now().plus(LIFETIME) }
    }

    /// Whether it is not too late.
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// What goes to LinkedIn and comes back.
    pub(crate) fn state(&self) -> String {
        format!("{}.{}", self.id, self.expires_at.as_milliseconds())
    }

    /// What the browser keeps.
    pub(crate) fn verifier(&self, whose: Whose, key: &DerivedKey) -> Result<Secret, Problem> {
        let code = key.code(&[self.state().as_bytes(), b"\n", purpose(whose).as_bytes()])?;
        Ok(Secret::from(URL_SAFE_NO_PAD.encode(code)))
    }

    /// What LinkedIn is asked to put into its ID token.
    pub(crate) fn nonce(&self, key: &DerivedKey) -> Result<String, Problem> {
        Ok(URL_SAFE_NO_PAD.encode(key.code(&[self.state().as_bytes(), b"\nnonce"])?))
    }

    /// Reads a state; none if it is none of ours, or the verifier is another's.
    pub(crate) fn read(
        state: &str,
        verifier: &Secret,
        whose: Whose,
        key: &DerivedKey,
    ) -> Result<Option<Self>, Problem> {
        let Ok(verifier) = URL_SAFE_NO_PAD.decode(verifier.reveal()) else { return Ok(None) };
        if !key.is_code(&[state.as_bytes(), b"\n", purpose(whose).as_bytes()], &verifier)? {
            return Ok(None);
        }
        Ok(Self::of_state(state))
    }

    /// What its use leaves behind.
    pub(crate) const fn used(&self) -> UsedSignInAttempt {
        UsedSignInAttempt { id: self.id, expires_at: self.expires_at }
    }

    fn of_state(state: &str) -> Option<Self> {
        let (id, expires_at) = state.split_once('.')?;
        Some(Self { id: id.parse().ok()?, expires_at: Timestamp::from_milliseconds(expires_at.parse().ok()?) })
    }
}

fn purpose(whose: Whose) -> String {
    match whose {
        Whose::Anybody => "sign in".to_owned(),
        Whose::Account(user) => format!("link {user}"),
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

    fn attempt(number: u128) -> Attempt {
        let id = format!("sia_01KAGR3V0R00000000000000{number:02}");
        Attempt { id: id.parse().unwrap(), expires_at: at(600) }
    }

    #[test]
    fn an_attempt_comes_back_with_its_own_verifier_alone() {
        let (key, ada, eve) =
            (key(Purpose::SignInAttempt), "usr_01KAGR3V0R0000000000000000", "usr_01KAGR3V0R0000000000000001");
        let [ada, eve] = [ada, eve].map(|id| Whose::Account(id.parse().unwrap()));
        let mine = attempt(0);
        for whose in [Whose::Anybody, ada, eve] {
            let verifier = mine.verifier(whose, &key).unwrap();
            assert_eq!(verifier.reveal().len(), 43);
            let read = |state: &str, verifier: &Secret, whose| Attempt::read(state, verifier, whose, &key).unwrap();
            assert_eq!(read(&mine.state(), &verifier, whose), Some(mine));
            let others = [Whose::Anybody, ada, eve].map(|other| read(&mine.state(), &verifier, other));
            assert_eq!(others.iter().flatten().count(), 1, "it is good for one purpose");
            assert_eq!(read(&attempt(1).state(), &verifier, whose), None);
            let later =
                mine.state().replace(&at(600).as_milliseconds().to_string(), &at(900).as_milliseconds().to_string());
            assert_ne!(later, mine.state());
            for state in [later, format!("{} ", mine.state()), String::new(), ".".to_owned()] {
                assert_eq!(read(&state, &verifier, whose), None, "{state}");
            }
            for text in [String::new(), format!("{}=", verifier.reveal()), mine.nonce(&key).unwrap(), "x".repeat(43)] {
                assert_eq!(read(&mine.state(), &Secret::from(text.clone()), whose), None, "{text}");
            }
        }
        let elsewhere = self::key(Purpose::LoginChallenge);
        let verifier = mine.verifier(Whose::Anybody, &elsewhere).unwrap();
        assert_eq!(Attempt::read(&mine.state(), &verifier, Whose::Anybody, &key).unwrap(), None);
    }

    #[test]
    fn an_attempt_lasts_ten_minutes() {
        assert!(attempt(0).is_good(at(599)));
        assert!(!attempt(0).is_good(at(600)));
    }
}
