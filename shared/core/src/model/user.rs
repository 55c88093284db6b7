//! A person's account.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::session::Session;
use crate::access::PlatformRole;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Entity, Key};

/// An account, without what it signs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The account's id.
    pub id: UserId,
    /// The e-mail address as the person wrote it, trimmed.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// Their role on the platform, if any.
    #[serde(default)]
    pub platform_role: Option<PlatformRole>,
    /// When they registered.
    pub created_at: Timestamp,
    /// When the address was shown to be theirs, if it was.
    #[serde(default)]
    pub email_verified_at: Option<Timestamp>,
    /// Since when the account has the second factor that it has, if it has one.
    #[serde(default)]
    pub second_factor_since: Option<Timestamp>,
    /// Since when sessions count: one that began before is over. One write ends them all at once.
    #[serde(default)]
    pub sessions_valid_from: Option<Timestamp>,
    /// When an operator suspended the account, if it is suspended: every function refuses it.
    #[serde(default)]
    pub suspended_at: Option<Timestamp>,
    /// When the account was erased, if it was: what is left is this row, without name and address, so that ids elsewhere lead to somebody
    /// who is gone.
    #[serde(default)]
    pub erased_at: Option<Timestamp>,
}

impl User {
    /// An account as it is registered.
    pub fn new(id: UserId, email: impl Into<String>, name: impl Into<String>, now: Timestamp) -> Self {
        Self {
            id,
            email: email.into(),
            name: name.into(),
            platform_role: None,
            created_at: now,
            email_verified_at: None,
            second_factor_since: None,
            sessions_valid_from: None,
            suspended_at: None,
            erased_at: None,
        }
    }

    /// Whether others may meet the account: it is neither suspended nor erased.
    pub const fn is_active(&self) -> bool {
        self.suspended_at.is_none() && self.erased_at.is_none()
    }

    /// What is left of an erased account: who it was, nobody can tell.
    #[must_use]
    pub fn erased(&self, now: Timestamp) -> Self {
        Self { erased_at: Some(now), sessions_valid_from: Some(now), ..Self::new(self.id, "", "", self.created_at) }
    }

    /// Whether a session of this account lives: neither ended by itself nor with all others, nor with the account.
    pub fn has_live(&self, session: &Session, now: Timestamp) -> bool {
        self.erased_at.is_none()
            && session.is_alive(now)
            && self.sessions_valid_from.is_none_or(|from| session.counts_from() >= from)
    }

    /// Whether what its owner began at `began`, such as a link to follow, still holds: neither all sessions nor the account ended since.
    pub fn may_use_what_began(&self, began: Timestamp) -> bool {
        self.is_active() && self.sessions_valid_from.is_none_or(|from| began >= from)
    }

    /// Whether the second factor that the account has now was presented in a session.
    pub fn has_second_factor_in(&self, session: &Session) -> bool {
        let factor = self.second_factor_since.zip(session.second_factor_at);
        factor.is_some_and(|(since, presented_at)| presented_at >= since)
    }

    /// When the second factor is said to be presented that is presented now: the clock of whoever turned it on may have run ahead of ours.
    pub fn second_factor_at(&self, now: Timestamp) -> Timestamp {
        self.second_factor_since.map_or(now, |since| since.max(now))
    }

    /// The account after every session that it has was ended. One that begins from now on lives.
    #[must_use]
    pub fn with_sessions_ended(&self, now: Timestamp) -> Self {
        // A session of this very millisecond ends with the others.
        let from = now.plus(Duration::from_millis(1));
        Self { sessions_valid_from: self.sessions_valid_from.max(Some(from)), ..self.clone() }
    }

    /// When a session that begins now is said to have begun: the clock of whoever ended all sessions may have run ahead of ours.
    pub fn session_begins_at(&self, now: Timestamp) -> Timestamp {
        self.sessions_valid_from.map_or(now, |from| from.max(now))
    }

    /// Where the account of this id lies.
    pub fn key_of(user: UserId) -> Key {
        Key::new(format!("USER#{user}"), "PROFILE")
    }
}

impl Entity for User {
    const TYPE: &'static str = "user";

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_factor_counts_in_the_sessions_that_presented_it() {
        let at = |seconds: i64| Timestamp::from_seconds(1_800_000_000 + seconds);
        let user = |since| User { second_factor_since: since, ..User::new(ulid::Ulid::from(1).into(), "", "", at(0)) };
        let (id, ada) = (ulid::Ulid::from(2).into(), user(Some(at(10))));
        let session = |presented| Session {
            second_factor_at: presented,
            ..Session::new(id, ada.id, String::new(), at(0), at(99))
        };
        assert!(ada.has_second_factor_in(&session(Some(at(10)))));
        assert!(!ada.has_second_factor_in(&session(None)));
        assert!(!ada.has_second_factor_in(&session(Some(at(9)))), "that was another authenticator");
        assert!(!user(None).has_second_factor_in(&session(Some(at(10)))), "it was turned off");
        assert!(ada.has_second_factor_in(&session(Some(ada.second_factor_at(at(5))))));
        assert_eq!(user(None).second_factor_at(at(5)), at(5));
    }
}
