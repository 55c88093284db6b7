//! `/api/tasks`: what the platform is to do.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod retry;
mod subject;
mod view;

use shared::access::OrganizationAccess;
use shared::id::TaskId;
use shared::model::task::Task;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;

/// A task of the acting organisation.
async fn find<R>(services: &Services, access: &OrganizationAccess<R>, id: TaskId) -> Result<Versioned<Task>, Error> {
    let task = services.store.get::<Task>(&Task::key_of(access.organization_id(), id)).await?;
    Ok(task.ok_or_else(Problem::not_found)?)
}
