//! What a presented refresh token deserves.
//!
//! A token is exchanged once. Within a short grace the same exchange gives the same answer again, for tabs that refresh at once and
//! answers that get lost; later, somebody who presents a used token may have stolen it, so the session ends for everybody who holds a
//! token of it (RFC 9700, 4.14.2).

use std::time::Duration;

use shared::clock::Timestamp;
use shared::model::session::{LIFETIME_MAXIMUM, Session, TOKEN_GRACE};
use shared::problem::Problem;
use shared::store::RateLimit;

use crate::refresh_token::RefreshToken;
use crate::server_keys::DerivedKey;

/// How many exchanges a token may lie behind and still be known as a former one: a year of daily exchanges. Each costs two hashes.
const GENERATIONS_MAXIMUM: u32 = 400;

/// How often a session's token is exchanged at most. Who refreshes before each request needs a few; a loop gone wild needs a stop. The
/// count is in the session's own row, so that it costs no write.
pub(crate) const LIMIT: RateLimit =
    RateLimit { name: "refresh-session", attempts: 60, window: Duration::from_secs(5 * 60) };

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The token is the valid one: make this its successor.
    Exchange(RefreshToken),
    /// The token has just been exchanged: give its successor again.
    Repeat(RefreshToken),
    /// The token was exchanged before, and somebody else may have it: end the session.
    Replay,
    /// The token opens nothing and proves nothing.
    Refuse,
}

/// Judges a token by its session. Hashes are compared in the usual way: how long that takes tells of a hash, not of a secret.
pub(crate) fn judge(
    session: &Session,
    presented: &RefreshToken,
    key: &DerivedKey,
    now: Timestamp,
) -> Result<Verdict, Problem> {
    if !session.is_alive(now) {
        return Ok(Verdict::Refuse);
    }
    let (digest, successor) = (presented.digest(), presented.successor(key)?);
    if digest == session.refresh_hash {
        return Ok(Verdict::Exchange(successor));
    }
    let in_grace = now.since(session.refreshed_at) <= TOKEN_GRACE;
    if session.previous_refresh_hash.as_deref() == Some(&digest) {
        return Ok(match in_grace {
            true if successor.digest() == session.refresh_hash => Verdict::Repeat(successor),
            true => Verdict::Refuse,
            false => Verdict::Replay,
        });
    }
    // An older one still: its holder may be a tab that was overtaken twice, so within the grace nothing is concluded from it.
    Ok(if !in_grace && leads_to(session, successor, key)? { Verdict::Replay } else { Verdict::Refuse })
}

/// Whether the valid token comes after this one. Only a token that was given out once leads to it: a made-up one must not end a session.
fn leads_to(session: &Session, first: RefreshToken, key: &DerivedKey) -> Result<bool, Problem> {
    let mut token = first;
    for _ in 0..GENERATIONS_MAXIMUM {
        if token.digest() == session.refresh_hash {
            return Ok(true);
        }
        token = token.successor(key)?;
    }
    Ok(false)
}

/// How many exchanges the window of time that `now` falls into has seen.
pub(crate) fn exchanges(session: &Session, now: Timestamp) -> u32 {
    if LIMIT.window_of(session.refreshed_at) == LIMIT.window_of(now) { session.refreshes } else { 0 }
}

/// The session after an exchange.
pub(crate) fn exchanged(
    session: &Session,
    presented: &RefreshToken,
    successor: &RefreshToken,
    now: Timestamp,
    lifetime: Duration,
) -> Session {
    let end = session.created_at.plus(LIFETIME_MAXIMUM);
    Session {
        refresh_hash: successor.digest(),
        previous_refresh_hash: Some(presented.digest()),
        refreshed_at: now,
        refreshes: exchanges(session, now).saturating_add(1),
        expires_at: now.plus(lifetime).min(end),
        ..session.clone()
    }
}

/// The session after credentials were presented in it again with this token, and the token that it has then: both generations of tokens
/// change, that of access tokens by number. None if the token is not the session's.
///
/// Tabs that do so at once, or while another refreshes, get the same refresh token: none of them ends the session of the others later.
pub(crate) fn authenticated_again(
    session: &Session,
    presented: &RefreshToken,
    key: &DerivedKey,
    now: Timestamp,
    lifetime: Duration,
) -> Result<Option<(Session, RefreshToken)>, Problem> {
    let (next, token) = match judge(session, presented, key, now)? {
        Verdict::Exchange(successor) => {
            (exchanged(session, presented, &successor, now, lifetime).in_next_generation(now), successor)
        }
        Verdict::Repeat(successor) if session.began_generation_just_now(now) => (session.clone(), successor),
        Verdict::Repeat(successor) => (session.in_next_generation(now), successor),
        Verdict::Replay | Verdict::Refuse => return Ok(None),
    };
    Ok(Some((Session { authenticated_at: Some(now), ..next }, token)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server_keys::Purpose;
    use shared::model::server_key::ServerKey;

    const LIFETIME: Duration = Duration::from_secs(3600);

    fn key(byte: u8) -> DerivedKey {
        let secret = ServerKey { bytes: vec![byte; 32], created_at: at(0) };
        DerivedKey::of(&secret, Purpose::RefreshSuccessor).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_795_165_200 + seconds)
    }

    fn started() -> (Session, RefreshToken) {
        let (user_id, id) =
            ("usr_01KAGR3V0R0000000000000000".parse().unwrap(), "ses_01KAGR3V0R0000000000000001".parse().unwrap());
        let token = RefreshToken::new(user_id, id, [7; 32]);
        let session = Session::new(id, user_id, token.digest(), at(0), at(0).plus(LIFETIME));
        (session, token)
    }

    /// The session and the tokens after so many exchanges at once.
    fn after(exchanges: usize) -> (Session, Vec<RefreshToken>) {
        let (mut session, first) = started();
        let mut tokens = vec![first];
        for _ in 0..exchanges {
            let presented = tokens.last().unwrap().clone();
            let successor = presented.successor(&key(1)).unwrap();
            session = exchanged(&session, &presented, &successor, at(0), LIFETIME);
            tokens.push(successor);
        }
        (session, tokens)
    }

    #[test]
    fn the_valid_token_is_exchanged_while_the_session_lives() {
        let (session, token) = started();
        let successor = token.successor(&key(1)).unwrap();
        assert_eq!(judge(&session, &token, &key(1), at(3599)).unwrap(), Verdict::Exchange(successor));
        assert_eq!(judge(&session, &token, &key(1), at(3600)).unwrap(), Verdict::Refuse);
        let ended = Session { ended_at: Some(at(1)), ..session };
        assert_eq!(judge(&ended, &token, &key(1), at(2)).unwrap(), Verdict::Refuse);
    }

    #[test]
    fn a_used_token_gives_the_same_answer_within_the_grace_and_ends_the_session_after_it() {
        let (session, tokens) = after(1);
        assert_eq!(judge(&session, &tokens[0], &key(1), at(10)).unwrap(), Verdict::Repeat(tokens[1].clone()));
        assert_eq!(judge(&session, &tokens[0], &key(1), at(11)).unwrap(), Verdict::Replay);
        assert_eq!(judge(&session, &tokens[0], &key(2), at(10)).unwrap(), Verdict::Refuse, "another secret");
        assert_eq!(judge(&session, &tokens[0], &key(2), at(11)).unwrap(), Verdict::Replay);
    }

    #[test]
    fn credentials_that_are_presented_again_replace_both_tokens_once_for_all_tabs() {
        let (session, token) = started();
        let again = |session: &Session, token: &RefreshToken, seconds| {
            authenticated_again(session, token, &key(1), at(seconds), LIFETIME).unwrap()
        };
        let (first, successor) = again(&session, &token, 100).unwrap();
        assert_eq!((first.generation, first.authenticated_at), (1, Some(at(100))));
        assert_eq!(
            (first.refresh_hash.clone(), successor.clone()),
            (successor.digest(), token.successor(&key(1)).unwrap())
        );
        // Another tab at the same time.
        let (second, same) = again(&first, &token, 105).unwrap();
        assert_eq!((second.generation, second.authenticated_at, &same), (1, Some(at(105)), &successor));
        assert_eq!(again(&second, &token, 111), None, "by then every tab has heard");
        // Once more, with the token of now.
        let (third, next) = again(&second, &successor, 106).unwrap();
        assert_eq!((third.generation, &next), (2, &successor.successor(&key(1)).unwrap()));
        // While another tab refreshed a moment ago, the refresh token is new already, and the access token is not.
        let refreshed = exchanged(&third, &next, &next.successor(&key(1)).unwrap(), at(200), LIFETIME);
        let (fourth, newest) = again(&refreshed, &next, 203).unwrap();
        assert_eq!((fourth.generation, newest), (3, next.successor(&key(1)).unwrap()));
        let stranger = RefreshToken::new(session.user_id, session.id, [8; 32]);
        assert_eq!(again(&session, &stranger, 100), None);
    }

    #[test]
    fn exchanges_are_counted_by_windows() {
        let (session, _) = after(3);
        assert_eq!((session.refreshes, exchanges(&session, at(0))), (3, 3));
        let window = i64::try_from(LIMIT.window.as_secs()).unwrap();
        assert_eq!(exchanges(&session, at(window)), 0);
    }

    #[test]
    fn older_tokens_are_known_and_made_up_ones_prove_nothing() {
        let (session, tokens) = after(30);
        assert_eq!(judge(&session, &tokens[0], &key(1), at(10)).unwrap(), Verdict::Refuse);
        assert_eq!(judge(&session, &tokens[0], &key(1), at(11)).unwrap(), Verdict::Replay);
        let made_up = RefreshToken::new(session.user_id, session.id, [8; 32]);
        for seconds in [0, 11] {
            assert_eq!(judge(&session, &made_up, &key(1), at(seconds)).unwrap(), Verdict::Refuse);
        }
    }
}
