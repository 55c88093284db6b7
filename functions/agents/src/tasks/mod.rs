//! `/api/tasks`: what the platform is to do.

pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod get;
mod input;
pub(crate) mod list;
mod recipients;
pub(crate) mod retry;
mod subject;
mod view;

use shared::access::{OrganizationAccess, Principal};
use shared::clock::Timestamp;
use shared::id::TaskId;
use shared::model::task::{Task, TaskInput};
use shared::model::usage::Usage;
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

/// Refuses a campaign to whoever has not shown that their own address is theirs: strangers get mail in their name.
fn require_verified(principal: &Principal, input: &TaskInput) -> Result<(), Error> {
    let writes_to_strangers = matches!(input, TaskInput::EmailCampaign { .. });
    if writes_to_strangers && principal.user.email_verified_at.is_none() { Err(Error::EmailUnverified) } else { Ok(()) }
}

/// What is refused where the month's usage has no room for this task.
fn limit_reached<R>(access: &OrganizationAccess<R>, task: &Task, now: Timestamp) -> Error {
    Error::LimitReached { plan: access.plan(), amounts: task.input.usage(), resets_at: now.next_month() }
}

/// The same error with what does not suffice. A task uses several things of the month; which of them was missing the refusal does not tell.
async fn explained<R>(services: &Services, access: &OrganizationAccess<R>, error: Error) -> Error {
    let Error::LimitReached { plan, amounts, resets_at } = error else { return error };
    let key = Usage::key_of(access.organization_id(), &services.clock.now().month());
    match services.store.get::<Usage>(&key).await {
        Ok(usage) => match usage.map(|usage| usage.value).unwrap_or_default().first_lack(&amounts, plan) {
            Some(lack) => Error::Shortfall(plan, Shortfall::Monthly { lack, resets_at }),
            // Something was given back in between.
            None => Error::LimitReached { plan, amounts, resets_at },
        },
        Err(error) => error.into(),
    }
}
