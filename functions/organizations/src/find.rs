//! An organisation as it is now: what a caller's rights rest on may be seconds old.

use shared::id::OrganizationId;
use shared::model::organization::Organization;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;

/// The organisation; a deleted one is not there.
pub(crate) async fn find(services: &Services, id: OrganizationId) -> Result<Versioned<Organization>, Error> {
    let found = services.store.get::<Organization>(&Organization::key_of(id)).await?;
    Ok(found.filter(|organization| organization.is_there()).ok_or_else(Problem::not_found)?)
}
