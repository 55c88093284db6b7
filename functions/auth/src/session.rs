//! How a session begins and ends.

use shared::event::{Actor, Fact};
use shared::id::{SessionId, UserId};
use shared::model::session::Session;
use shared::model::user::User;
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use shared::trace::Trace;

use crate::Error;
use crate::client::Client;
use crate::refresh_token::RefreshToken;

/// A new session of somebody who has just presented their credentials, and the refresh token that its holder gets.
pub(crate) fn begin(services: &Services, user: &User, client: &Client) -> (Session, RefreshToken) {
    let now = user.session_begins_at(services.clock.now());
    let id = services.ids.next();
    let token = RefreshToken::new(user.id, id, services.ids.secret());
    let expires_at = now.plus(services.config.tokens.refresh_lifetime);
    let session = Session {
        user_agent: client.user_agent.clone(),
        address: client.address.map(|address| address.0.to_string()),
        ..Session::new(id, user.id, token.digest(), now, expires_at)
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

/// Ends a session with the fact that says why; false if it is over already or was never there, which changes nothing.
pub(crate) async fn end(
    services: &Services,
    user_id: UserId,
    session_id: SessionId,
    fact: Fact,
    actor: Actor,
    trace: Trace,
) -> Result<bool, Error> {
    let plan = || async {
        let mut transaction = Transaction::<Error>::new();
        let Some((_, current)) = read(services, user_id, session_id).await? else { return Ok((transaction, false)) };
        transaction.replace(&current, Session { ended_at: Some(services.clock.now()), ..current.value.clone() });
        transaction.create(services.event(user_id.personal_organization(), actor, trace, fact.clone()));
        Ok((transaction, true))
    };
    let ended = services.store.execute(plan).await?;
    // Here it is refused at once; other instances remember it for some seconds more.
    services.access.forget(session_id);
    Ok(ended)
}
