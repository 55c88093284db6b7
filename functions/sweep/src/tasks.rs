//! Tasks whose time has come.

use shared::model::task::Task;
use shared::queue::TaskMessage;
use shared::store::Key;
use shared_lambda::QueueError;

use crate::{Deps, Outcome};

/// Rings for the tasks at these keys.
pub(crate) async fn ring(deps: &Deps, keys: &[Key]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut messages = Vec::with_capacity(keys.len());
    for key in keys {
        match Task::ids_of(key) {
            Some((organization_id, task_id)) => messages.push(TaskMessage { organization_id, task_id, trace: None }),
            None => {
                tracing::error!(pk = key.pk, sk = key.sk, "a due row is no task");
                outcome.summary.unreadable += 1;
            }
        }
    }
    let unsent = match deps.tasks.send_all(&messages).await {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(%error, "tasks could not be rung for");
            outcome.fault = Some(error.to_string());
            match error {
                QueueError::Partial { failed, .. } => failed.len(),
                QueueError::Message(_) | QueueError::Send(_) => messages.len(),
            }
        }
    };
    outcome.summary.tasks_rung = messages.len().saturating_sub(unsent);
    outcome
}
