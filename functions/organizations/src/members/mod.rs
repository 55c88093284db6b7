//! `/api/organizations/{organizationId}/members`: who belongs to an organisation, and how that changes.
//!
//! Every command plans from the memberships as they are now, whatever the caller's rights were a few seconds ago, and commits only if
//! nobody changed them meanwhile. The owner's own membership is written by a transfer alone, together with that of the next owner: an
//! organisation therefore has one owner at any time.

pub(crate) mod change_role;
pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod remove;
mod rules;
pub(crate) mod transfer;
pub(crate) mod view;

use serde::{Deserialize, Serialize};
use shared::access::{OrganizationAccess, Role};
use shared::id::UserId;
use shared::model::membership::Membership;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Versioned;
use utoipa::ToSchema;

use crate::Error;

/// The roles that are given by an admin's word. The owner's passes by a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AssignableRole {
    /// View, create tasks, use features.
    Member,
    /// Also invite, change roles, manage resources.
    Admin,
}

impl From<AssignableRole> for Role {
    fn from(role: AssignableRole) -> Self {
        match role {
            AssignableRole::Member => Self::Member,
            AssignableRole::Admin => Self::Admin,
        }
    }
}

/// The membership of the caller as it is now.
pub(crate) async fn own<R>(
    services: &Services,
    access: &OrganizationAccess<R>,
) -> Result<Versioned<Membership>, Error> {
    let key = Membership::key_of(access.principal.user_id, access.organization_id());
    Ok(services.store.get::<Membership>(&key).await?.ok_or_else(Problem::not_found)?)
}

/// Refuses a caller who is no longer the owner.
pub(crate) async fn owner_still<R>(services: &Services, access: &OrganizationAccess<R>) -> Result<(), Error> {
    if own(services, access).await?.role == Role::Owner { Ok(()) } else { Err(Error::RoleTooLow) }
}

/// The memberships of the caller and of another member as they are now.
async fn own_and_other<R>(
    services: &Services,
    access: &OrganizationAccess<R>,
    other: UserId,
) -> Result<(Versioned<Membership>, Versioned<Membership>), Error> {
    let organization = access.organization_id();
    let keys = [access.principal.user_id, other].map(|user| Membership::key_of(user, organization));
    let [own, other] = &keys;
    // A batch takes no key twice.
    let mut items = services.store.batch_get(if own == other { std::slice::from_ref(own) } else { &keys }).await?;
    let found = items.remove(own).map(Versioned::<Membership>::from_item).transpose()?;
    let found = found.ok_or_else(Problem::not_found)?;
    if own == other {
        return Ok((found.clone(), found));
    }
    let other = items.remove(other).map(Versioned::<Membership>::from_item).transpose()?;
    Ok((found, other.ok_or_else(Problem::not_found)?))
}
