//! One message: claim, act, record.

use shared::model::organization::Organization;
use shared::model::task::{ATTEMPTS_MAXIMUM, Task, TaskInput};
use shared::queue::TaskMessage;
use shared::store::StoreError;
use shared_lambda::JobError;

use crate::Deps;
use crate::email_campaign::write_to_leads;
use crate::lead_followup::write_to_lead;
use crate::outcome::{Failure, Outcome, record};
use crate::social_media_post::write_post;

/// Carries out a task if it is due and nobody else is at it.
///
/// # Errors
/// [`JobError::Reject`] when the message names no task of its organisation, the organisation is gone, or a row cannot be read;
/// [`JobError::Retry`] when the store fails. That the work itself failed is an outcome, recorded with the task, and no error.
pub async fn run_task(deps: &Deps, message: TaskMessage) -> Result<(), JobError> {
    let services = &deps.services;
    let (store, began) = (&services.store, services.clock.now());
    let TaskMessage { organization_id, task_id, .. } = message;
    let found = store.get::<Task>(&Task::key_of(organization_id, task_id)).await.map_err(fault)?;
    let found = found.ok_or_else(|| JobError::Reject(format!("{organization_id} has no task {task_id}")))?;
    found.trace.record();
    let Some(claim) = found.claimed(services.ids.next(), began) else { return Ok(()) };
    if claim.attempts > ATTEMPTS_MAXIMUM {
        // The last attempt ended with its worker, which could not say so.
        return record(deps, &found, Outcome::Failed(Failure::ABANDONED), began).await;
    }
    let Some(task) = store.replace(&found, claim).await.map_err(fault)? else { return Ok(()) };
    let organization = store.get::<Organization>(&Organization::key_of(organization_id)).await.map_err(fault)?;
    let organization = organization.ok_or_else(|| JobError::Reject(format!("{organization_id} is gone")))?;
    if !organization.is_there() {
        // Nothing is done for a deleted organisation; should it be restored, its members may try the task again.
        return record(deps, &task, Outcome::Failed(Failure::ORGANIZATION_DELETED), began).await;
    }
    let outcome = match &task.input {
        TaskInput::LeadFollowup { lead_id } => write_to_lead(deps, &organization, &task, *lead_id).await?,
        TaskInput::SocialMediaPost => write_post(deps, &organization).await?,
        TaskInput::EmailCampaign { lead_ids, about } => write_to_leads(deps, &organization, lead_ids, about).await?,
    };
    record(deps, &task, outcome, began).await
}

/// Whatever is wrong with the store, the task is still there to be done. A row that cannot be read stays so until somebody mends it, who
/// must learn of it; the sweep rings for the task again.
pub(crate) fn fault(error: StoreError) -> JobError {
    match error {
        StoreError::Corrupt(_) => JobError::Reject(error.to_string()),
        StoreError::Unavailable(_) | StoreError::Refused(_) | StoreError::Contended => {
            JobError::Retry(error.to_string())
        }
    }
}
