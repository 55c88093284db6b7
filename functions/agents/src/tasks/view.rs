//! A task as the organisation's members see it.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::event::Actor;
use shared::id::TaskId;
use shared::model::task::{Task, TaskError, TaskInput, TaskOutput, TaskStatus};
use utoipa::ToSchema;

/// Something the platform does for the organisation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Task)]
pub(crate) struct TaskView {
    /// The task's id.
    id: TaskId,
    /// In a line.
    title: String,
    /// What it works on.
    input: TaskInput,
    /// Where it stands.
    status: TaskStatus,
    /// How often it was begun.
    attempts: u32,
    /// What it brought about, when completed.
    #[schema(required)]
    output: Option<TaskOutput>,
    /// Why its last attempt failed.
    #[schema(required)]
    error: Option<TaskError>,
    /// Who asked for it.
    created_by: Actor,
    /// When.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
    /// From when it may be done; while a worker is at it, until when it is the worker's.
    due_at: Timestamp,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        let Task {
            id, title, input, status, attempts, output, error, created_by, created_at, updated_at, due_at, ..
        } = task;
        Self { id, title, input, status, attempts, output, error, created_by, created_at, updated_at, due_at }
    }
}
