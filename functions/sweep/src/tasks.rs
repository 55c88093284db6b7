//! Tasks whose time has come.

use shared::model::task::Task;
use shared::queue::TaskMessage;
use shared::store::Key;

use crate::{Deps, Outcome, Summary, bells};

/// Rings for the tasks at these keys.
pub(crate) async fn ring(deps: &Deps, keys: &[Key]) -> Outcome {
    let message = |key: &Key| {
        let (organization_id, task_id) = Task::ids_of(key)?;
        Some(TaskMessage { organization_id, task_id, trace: None })
    };
    let (rung, outcome) = bells::ring(&deps.tasks, keys, message).await;
    Outcome { summary: Summary { tasks_rung: rung, ..outcome.summary }, ..outcome }
}
