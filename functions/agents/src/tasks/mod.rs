//! `/api/tasks`: what the platform is to do.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod retry;
mod subject;
mod view;

use shared::access::OrganizationAccess;
use shared::clock::Timestamp;
use shared::id::TaskId;
use shared::model::task::Task;
use shared::model::usage::{Limited, Usage};
use shared::problem::Problem;
use shared::services::Services;
use shared::shortfall::Shortfall;
use shared::store::Versioned;

use crate::Error;

/// A task of the acting organisation.
async fn find<R>(services: &Services, access: &OrganizationAccess<R>, id: TaskId) -> Result<Versioned<Task>, Error> {
    let task = services.store.get::<Task>(&Task::key_of(access.organization_id(), id)).await?;
    Ok(task.ok_or_else(Problem::not_found)?)
}

/// What is refused where the month's usage has no room for another task.
fn limit_reached<R>(access: &OrganizationAccess<R>, now: Timestamp) -> Error {
    let resets_at = now.next_month();
    Error::Shortfall(access.plan(), Shortfall::Monthly { limited: Limited::Tasks, resets_at })
}

/// The same error with what is used up. A post uses a task and a post of the month; which of them was missing the refusal does not tell.
async fn explained<R>(services: &Services, access: &OrganizationAccess<R>, error: Error) -> Error {
    let Error::Shortfall(plan, Shortfall::Monthly { limited, resets_at }) = error else { return error };
    let key = Usage::key_of(access.organization_id(), &services.clock.now().month());
    match services.store.get::<Usage>(&key).await {
        Ok(usage) => {
            let used_up = usage.and_then(|usage| usage.first_used_up(&[Limited::Tasks, Limited::Posts], plan));
            Error::Shortfall(plan, Shortfall::Monthly { limited: used_up.unwrap_or(limited), resets_at })
        }
        Err(error) => error.into(),
    }
}
