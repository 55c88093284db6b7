//! A signed-in session: what access tokens name and functions check to be alive.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{SessionId, UserId};
use crate::store::{Entity, Indexes, Key};

/// How long after credentials were last presented a session may do what needs them anew.
pub const STEP_UP_LASTS: Duration = Duration::from_secs(10 * 60);

/// How long tokens still work after others took their place: tabs that are open beside each other need a moment to hear of the new ones
/// (CONTRACT "auth").
pub const TOKEN_GRACE: Duration = Duration::from_secs(10);

/// After how long a session ends however often it was refreshed: half a year.
pub const LIFETIME_MAXIMUM: Duration = Duration::from_secs(182 * 24 * 60 * 60);

/// How long an ended session is kept.
const ENDED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// One sign-in on one device.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The account.
    pub user_id: UserId,
    /// SHA-256 of the refresh token that is valid now, in hexadecimal.
    pub refresh_hash: String,
    /// SHA-256 of the refresh token before it, whose replay within the grace gives the same successor again.
    #[serde(default)]
    pub previous_refresh_hash: Option<String>,
    /// When the refresh token was last exchanged, which is the last use that is recorded: a request writes nothing.
    pub refreshed_at: Timestamp,
    /// How often it was exchanged in the window of time that `refreshed_at` falls into.
    #[serde(default)]
    pub refreshes: u32,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When the session ends for want of a refresh.
    pub expires_at: Timestamp,
    /// When it was ended: signed out, or revoked.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// When credentials were last presented in it: at sign-in, and whenever something asked for them again.
    #[serde(default)]
    pub authenticated_at: Option<Timestamp>,
    /// When a second factor was last presented in it: at sign-in, or later.
    #[serde(default)]
    pub second_factor_at: Option<Timestamp>,
    /// How often credentials were presented in it again: access tokens of an earlier generation are over.
    #[serde(default)]
    pub generation: u32,
    /// When that was last, and with it the generation began.
    #[serde(default)]
    pub generation_began_at: Option<Timestamp>,
    /// When it was spared while all other sessions of the account were ended.
    #[serde(default)]
    pub kept_at: Option<Timestamp>,
    /// The name its owner gave it.
    #[serde(default)]
    pub name: Option<String>,
    /// The `User-Agent` that signed in, shortened.
    #[serde(default)]
    pub user_agent: Option<String>,
    /// The address that signed in.
    #[serde(default)]
    pub address: Option<String>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("id", &self.id).field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl Session {
    /// What the sort keys of an account's sessions begin with.
    pub const SORT_KEY_PREFIX: &'static str = "SESSION#";

    /// A session that begins now, of somebody who has just presented their credentials.
    pub const fn new(
        id: SessionId,
        user_id: UserId,
        refresh_hash: String,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            user_id,
            refresh_hash,
            previous_refresh_hash: None,
            refreshed_at: now,
            refreshes: 0,
            created_at: now,
            expires_at,
            ended_at: None,
            authenticated_at: Some(now),
            second_factor_at: None,
            generation: 0,
            generation_began_at: None,
            kept_at: None,
            name: None,
            user_agent: None,
            address: None,
        }
    }

    /// The partition of an account's sessions, in which other things of the account lie too.
    pub fn partition(user: UserId) -> String {
        format!("USER#{user}")
    }

    /// Where a session lies.
    pub fn key_of(user: UserId, session: SessionId) -> Key {
        Key::new(Self::partition(user), format!("{}{session}", Self::SORT_KEY_PREFIX))
    }

    /// Since when it counts, to be compared with the moment from which an account's sessions are valid.
    pub fn counts_from(&self) -> Timestamp {
        self.kept_at.unwrap_or(self.created_at)
    }

    /// Whether credentials were presented in it lately, so that it may do what is sensitive.
    pub fn is_recently_authenticated(&self, now: Timestamp) -> bool {
        self.authenticated_at.is_some_and(|at| now.since(at) < STEP_UP_LASTS)
    }

    /// Whether an access token of this generation still stands for it: one of the generation, or of the one before for a moment. Whoever
    /// read the session a moment ago may meet a token of a later one.
    pub fn takes(&self, generation: u32, now: Timestamp) -> bool {
        let is_last = generation.saturating_add(1) == self.generation;
        generation >= self.generation || (is_last && self.began_generation_just_now(now))
    }

    /// Whether its generation of tokens is so new that those of the one before still work.
    pub fn began_generation_just_now(&self, now: Timestamp) -> bool {
        self.generation_began_at.is_some_and(|at| now.since(at) <= TOKEN_GRACE)
    }

    /// The session with another generation of tokens: in a moment those of before are over.
    #[must_use]
    pub fn in_next_generation(&self, now: Timestamp) -> Self {
        Self { generation: self.generation.saturating_add(1), generation_began_at: Some(now), ..self.clone() }
    }

    /// Whether it was neither ended nor ran out.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

impl Entity for Session {
    const TYPE: &'static str = "session";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        // What has ended is soon of no interest to lists; a token of it is refused with and without the row.
        let expires_at = self.ended_at.map_or(self.expires_at, |at| at.plus(ENDED_KEPT).min(self.expires_at));
        Indexes { expires_at: Some(expires_at), ..Indexes::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_an_earlier_generation_are_over_after_a_moment() {
        let at = |seconds: i64| Timestamp::from_seconds(1_800_000_000 + seconds);
        let (id, user) = (ulid::Ulid::from(1).into(), ulid::Ulid::from(2).into());
        let first = Session::new(id, user, String::new(), at(0), at(1_000));
        assert!(first.takes(0, at(999)) && first.takes(1, at(0)));
        let second = first.in_next_generation(at(100));
        assert!(second.takes(0, at(110)) && !second.takes(0, at(111)));
        let third = second.in_next_generation(at(105));
        assert!(!third.takes(0, at(106)), "that is two generations ago");
        assert!(third.takes(1, at(106)) && third.takes(2, at(999)));
    }
}
