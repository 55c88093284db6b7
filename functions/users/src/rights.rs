//! Who may do something with an account: the person, and operators of the platform.

use shared::access::{PlatformRole, Principal};
use shared::id::UserId;

use crate::Error;

/// Refuses everybody but the person and operators with at least this role.
pub(crate) fn own_or(principal: &Principal, id: UserId, least: PlatformRole) -> Result<(), Error> {
    let is_operator = principal.user.platform_role.is_some_and(|role| role >= least);
    if principal.user_id == id || is_operator { Ok(()) } else { Err(Error::NotYours) }
}
