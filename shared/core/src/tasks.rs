//! The writes that every task begins and ends with, for the functions that create, call off and carry out tasks.

use crate::ai;
use crate::event::Event;
use crate::model::agentic_run::OpenPostTask;
use crate::model::lead::Lead;
use crate::model::task::{Task, TaskInput};
use crate::model::usage::Usage;
use crate::plan::Plan;
use crate::store::{Store, StoreError, Transaction};

/// Adds a new task to the list: its row, the usage it reserves and the event that rings for it. `limit_reached` is the command's error
/// when the month's usage is used up. What the task works on is the caller's to mark.
pub fn create<E>(transaction: &mut Transaction<E>, task: Task, plan: &Plan, event: Event, limit_reached: E) {
    transaction.update_or(task.reserve(plan), limit_reached);
    transaction.create(event);
    transaction.create(task);
}

/// Gives back what a task reserved that ends without a result, and frees what it worked on; `tokens` is what trying it cost.
pub async fn give_back<E>(
    store: &Store,
    transaction: &mut Transaction<E>,
    task: &Task,
    tokens: ai::Usage,
) -> Result<(), StoreError> {
    transaction.update(Usage::release(task.organization_id, &task.usage_month, &task.input.usage(), tokens));
    match task.input {
        TaskInput::LeadFollowup { lead_id } => {
            let lead = store.get::<Lead>(&Lead::key_of(task.organization_id, lead_id)).await?;
            if let Some(lead) = lead
                && let Some(next) = lead.without_follow_up(task.id)
            {
                transaction.replace(&lead, next);
            }
        }
        TaskInput::SocialMediaPost => close_post(store, transaction, task).await?,
        // Any number of campaigns may write to a lead: nothing marks it.
        TaskInput::EmailCampaign { .. } => {}
    }
    Ok(())
}

/// Removes the marker that keeps an organisation to one open post task, if it is this task's.
pub async fn close_post<E>(store: &Store, transaction: &mut Transaction<E>, task: &Task) -> Result<(), StoreError> {
    let marker = store.get::<OpenPostTask>(&OpenPostTask::key_of(task.organization_id)).await?;
    if let Some(marker) = marker.filter(|marker| marker.task_id == task.id) {
        transaction.delete(&marker);
    }
    Ok(())
}
