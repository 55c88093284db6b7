//! Who may do something with an account: the person, and operators of the platform; for the gravest things whoever has just shown to be them.

use shared::access::{PlatformRole, Principal};
use shared::id::UserId;
use shared::model::session::Session;
use shared::services::Services;

use crate::Error;

/// Refuses everybody but the person and operators with at least this role.
pub(crate) fn own_or(principal: &Principal, id: UserId, least: PlatformRole) -> Result<(), Error> {
    if principal.is_or_has(id, least) { Ok(()) } else { Err(Error::NotYours) }
}

/// Refuses a session in which no credentials were presented lately: a device left open is not its owner.
pub(crate) async fn require_recent(services: &Services, principal: &Principal) -> Result<(), Error> {
    let session = services.store.get::<Session>(&Session::key_of(principal.user_id, principal.session_id)).await?;
    let is_recent = session.is_some_and(|session| session.is_recently_authenticated(services.clock.now()));
    if is_recent { Ok(()) } else { Err(Error::StepUpRequired) }
}
