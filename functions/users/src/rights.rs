//! Who may do something with an account: the person, and operators of the platform.

use shared::access::{PlatformRole, Principal};
use shared::id::UserId;

use crate::Error;

/// Refuses everybody but the person and operators with at least this role.
pub(crate) fn own_or(principal: &Principal, id: UserId, least: PlatformRole) -> Result<(), Error> {
    if principal.is_or_has(id, least) { Ok(()) } else { Err(Error::NotYours) }
}
