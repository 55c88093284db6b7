//! Everything of an account that decides about its credentials, as it is now, for somebody who is signed in to it.

use shared::access::Principal;
use shared::clock::Timestamp;
use shared::model::credential::Credential;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::model::session::Session;
use shared::model::totp::Totp;
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Entity, Item, Key, StoreError, Transaction, Versioned};

use crate::Error;

/// An account, one of its live sessions, and what signs in to it.
pub(crate) struct Account {
    pub(crate) user: Versioned<User>,
    pub(crate) session: Versioned<Session>,
    pub(crate) credential: Option<Versioned<Credential>>,
    pub(crate) totp: Option<Versioned<Totp>>,
    pub(crate) linkedin: Option<Versioned<LinkedIdentity>>,
}

impl Account {
    /// The caller's, in one read. The extractor may know the session from seconds ago; one that is over since then is refused here.
    pub(crate) async fn of(services: &Services, principal: &Principal) -> Result<Self, Error> {
        let (user, session) = (principal.user_id, principal.session_id);
        let [user_key, session_key] = [User::key_of(user), Session::key_of(user, session)];
        let [credential_key, totp_key] = [Credential::key_of(user), Totp::key_of(user)];
        let linkedin_key = LinkedIdentity::key_of(user, IdentityProvider::LinkedIn);
        let keys = [&user_key, &session_key, &credential_key, &totp_key, &linkedin_key].map(Key::clone);
        let mut items = services.store.batch_get(&keys).await?;
        let user = take::<User>(&mut items, &user_key)?;
        let session = take::<Session>(&mut items, &session_key)?;
        let live = user.zip(session).filter(|(user, session)| user.has_live(session, services.clock.now()));
        let (user, session) = live.ok_or_else(Problem::token_invalid)?;
        let (credential, totp) = (take(&mut items, &credential_key)?, take(&mut items, &totp_key)?);
        let linkedin = take(&mut items, &linkedin_key)?;
        Ok(Self { user, session, credential, totp, linkedin })
    }

    /// Refuses what is sensitive in a session in which no credentials were presented lately.
    pub(crate) fn require_recent(&self, now: Timestamp) -> Result<(), Error> {
        if self.session.is_recently_authenticated(now) { Ok(()) } else { Err(Error::StepUpRequired) }
    }

    /// Adds to a transaction that every other session of the account ends, and this one goes on.
    pub(crate) fn end_other_sessions(&self, transaction: &mut Transaction<Error>, now: Timestamp) {
        let ended = self.user.with_sessions_ended(now);
        let kept = Session { kept_at: ended.sessions_valid_from, ..self.session.value.clone() };
        transaction.replace(&self.user, ended);
        transaction.replace(&self.session, kept);
    }
}

/// An entity out of a batch, if it is there.
pub(crate) fn take<T: Entity>(
    items: &mut std::collections::HashMap<Key, Item>,
    key: &Key,
) -> Result<Option<Versioned<T>>, StoreError> {
    items.remove(key).map(Versioned::from_item).transpose()
}
