//! Whose BUZ somebody may look at.

use shared::access::{PlatformRole, Principal};
use shared::id::UserId;
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;

use crate::Error;

/// Refuses everybody but the person and operators of the platform, and what is asked of somebody who was never there.
pub(crate) async fn may_look(services: &Services, principal: &Principal, id: UserId) -> Result<(), Error> {
    if !principal.is_or_has(id, PlatformRole::Support) {
        return Err(Error::NotYours);
    }
    if principal.user_id != id {
        services.store.get::<User>(&User::key_of(id)).await?.ok_or_else(Problem::not_found)?;
    }
    Ok(())
}
