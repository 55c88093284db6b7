//! What is to be done with the keys: pure rules.

use std::time::Duration;

use shared::clock::Timestamp;
use shared::model::signing_key::{NextSigningKey, SigningKey, VerifyingKey};
use shared::store::Versioned;

/// How long a key is published before it signs. Those who verify look again every five minutes at the latest, and so do caches of the
/// JWKS; an hour leaves room for those that keep it longer than they are told.
const PUBLISHED_BEFORE_USE: Duration = Duration::from_secs(60 * 60);

/// How long instances may go on signing with a key after another one took its place: they look again every five minutes, and their clocks
/// may differ a little.
const SIGNERS_LAG: Duration = Duration::from_secs(10 * 60);

/// How long keys and tokens last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// How long a key signs before it gets a successor.
    pub(crate) period: Duration,
    /// How long an access token lasts.
    pub(crate) token_lifetime: Duration,
}

impl Schedule {
    /// When the last token has run out of a key that ceases to sign now.
    pub(crate) fn retires_at(&self, now: Timestamp) -> Timestamp {
        now.plus(SIGNERS_LAG).plus(self.token_lifetime)
    }
}

/// The keys that there are.
pub(crate) struct Keys {
    pub(crate) current: Option<Versioned<SigningKey>>,
    pub(crate) next: Option<Versioned<NextSigningKey>>,
    pub(crate) verifying: Vec<Versioned<VerifyingKey>>,
}

/// What is due.
pub(crate) enum Step<'a> {
    Nothing,
    /// Make a key and publish it.
    Publish,
    /// Let the published key sign.
    Promote {
        current: &'a Versioned<SigningKey>,
        next: &'a Versioned<NextSigningKey>,
        /// The public half of the key that signed until now.
        outgoing: Option<&'a Versioned<VerifyingKey>>,
    },
}

impl Keys {
    /// The keys whose last token has run out.
    pub(crate) fn retired(&self, now: Timestamp) -> impl Iterator<Item = &Versioned<VerifyingKey>> {
        self.verifying.iter().filter(move |key| !key.is_good(now))
    }

    /// What is due now. Before the first key, which the first sign-in makes, there is nothing to move on.
    pub(crate) fn step(&self, schedule: &Schedule, now: Timestamp) -> Step<'_> {
        match (&self.current, &self.next) {
            (Some(current), Some(next)) if now.since(next.0.created_at) >= PUBLISHED_BEFORE_USE => {
                let outgoing = self.verifying.iter().find(|key| key.id == current.id);
                Step::Promote { current, next, outgoing }
            }
            (Some(current), None) if now.since(current.created_at) >= schedule.period => Step::Publish,
            _ => Step::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;
    const SCHEDULE: Schedule =
        Schedule { period: Duration::from_secs(90 * DAY), token_lifetime: Duration::from_secs(DAY) };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_795_165_200).plus(Duration::from_secs(seconds))
    }

    fn key(number: u32, created_at: Timestamp) -> SigningKey {
        let id = format!("key_01KAGR3V0R{number:016}").parse().unwrap();
        SigningKey { id, pkcs8: Vec::new(), created_at }
    }

    fn keys(next: Option<Timestamp>) -> Keys {
        let current = key(1, at(0));
        let verifying =
            VerifyingKey { id: current.id, jwk: serde_json::Value::Null, created_at: at(0), retires_at: None };
        let versioned = |value| Versioned { value, version: 1 };
        Keys {
            current: Some(versioned(current)),
            next: next.map(|at| Versioned { value: NextSigningKey(key(2, at)), version: 1 }),
            verifying: vec![Versioned { value: verifying, version: 1 }],
        }
    }

    #[test]
    fn a_key_gets_a_successor_when_its_period_is_over() {
        assert!(matches!(keys(None).step(&SCHEDULE, at(90 * DAY - 1)), Step::Nothing));
        assert!(matches!(keys(None).step(&SCHEDULE, at(90 * DAY)), Step::Publish));
        let none = Keys { current: None, next: None, verifying: Vec::new() };
        assert!(matches!(none.step(&SCHEDULE, at(900 * DAY)), Step::Nothing));
    }

    #[test]
    fn a_published_key_signs_when_everybody_knows_it() {
        let keys = keys(Some(at(90 * DAY)));
        assert!(matches!(keys.step(&SCHEDULE, at(90 * DAY + 3599)), Step::Nothing));
        let step = keys.step(&SCHEDULE, at(90 * DAY + 3600));
        assert!(matches!(step, Step::Promote { outgoing: Some(_), .. }));
    }

    #[test]
    fn a_key_verifies_until_its_last_token_has_run_out() {
        let retires_at = SCHEDULE.retires_at(at(0));
        assert_eq!(retires_at, at(DAY + 600));
        let mut keys = keys(None);
        keys.verifying[0].value.retires_at = Some(retires_at);
        assert_eq!(keys.retired(at(DAY + 599)).count(), 0);
        assert_eq!(keys.retired(at(DAY + 600)).count(), 1);
    }
}
