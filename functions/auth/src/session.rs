//! How a session begins and ends.

use shared::clock::Timestamp;
use shared::event::{Actor, Fact};
use shared::id::{SessionId, UserId};
use shared::model::session::Session;
use shared::model::user::User;
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use shared::trace::Trace;

use crate::Error;
use crate::refresh_token::RefreshToken;

/// A new session and the refresh token that its holder gets.
pub(crate) fn begin(services: &Services, user: &User, now: Timestamp) -> (Session, RefreshToken) {
    let (id, user_id) = (services.ids.next(), user.id);
    let token = RefreshToken::new(user_id, id, services.ids.secret());
    let session = Session {
        id,
        user_id,
        refresh_hash: token.digest(),
        previous_refresh_hash: None,
        refreshed_at: now,
        created_at: user.session_begins_at(now),
        expires_at: now.plus(services.config.tokens.refresh_lifetime),
        ended_at: None,
    };
    (session, token)
}

/// An account and one of its sessions as they are now, if the session lives.
pub(crate) async fn read(
    services: &Services,
    user: UserId,
    session: SessionId,
) -> Result<Option<(Versioned<User>, Versioned<Session>)>, Error> {
    let (user_key, session_key) = (User::key_of(user), Session::key_of(user, session));
    let mut items = services.store.batch_get(&[user_key.clone(), session_key.clone()]).await?;
    let user = items.remove(&user_key).map(Versioned::<User>::from_item).transpose()?;
    let session = items.remove(&session_key).map(Versioned::<Session>::from_item).transpose()?;
    let now = services.clock.now();
    Ok(user.zip(session).filter(|(user, session)| user.has_live(session, now)))
}

/// Ends a session; one that is over already stays as it is.
pub(crate) async fn end(
    services: &Services,
    user_id: UserId,
    session_id: SessionId,
    actor: Actor,
    trace: Trace,
) -> Result<(), Error> {
    let plan = || async {
        let mut transaction = Transaction::<Error>::new();
        let current = services.store.get::<Session>(&Session::key_of(user_id, session_id)).await?;
        if let Some(current) = current.filter(|session| session.ended_at.is_none()) {
            let fact = Fact::SessionEnded { user_id, session_id };
            transaction.replace(&current, Session { ended_at: Some(services.clock.now()), ..current.value.clone() });
            transaction.create(services.event(user_id.personal_organization(), actor, trace, fact));
        }
        Ok((transaction, ()))
    };
    services.store.execute(plan).await?;
    // Here it is refused at once; other instances remember it for some seconds more.
    services.access.forget(session_id);
    Ok(())
}
