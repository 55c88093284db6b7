//! `POST /api/tasks/{taskId}/cancel`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Member, OrganizationAccess};
use shared::ai;
use shared::event::Fact;
use shared::http::{ActingOrganization, IdempotencyHeader, Path};
use shared::id::TaskId;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};

use super::find;
use super::view::TaskView;
use crate::Error;

/// Call off a pending task. What it reserved of the plan is given back.
#[utoipa::path(
    post, path = "/api/tasks/{taskId}/cancel", operation_id = "cancelTask", tag = "agents",
    security(("accessToken" = [])),
    params(
        ("taskId" = TaskId, Path),
        ActingOrganization,
        IdempotencyHeader,
    ),
    responses(
        (status = 200, description = "The task.", body = TaskView),
        (status = 409, description = "`not_pending`: the task is no longer pending."),
    )
)]
pub(crate) async fn cancel_task(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    Path(id): Path<TaskId>,
) -> Result<Reply<TaskView>, Error> {
    let once = idempotency.once(&access.caller(), &id)?;
    let plan = || async {
        let task = find(&services, &access, id).await?;
        let next = task.cancelled(services.clock.now()).ok_or(Error::NotPending)?;
        let mut transaction = Transaction::new();
        shared::tasks::give_back(&services.store, &mut transaction, &task, ai::Usage::default()).await?;
        let fact = Fact::TaskCancelled { task_id: id, kind: task.input.kind() };
        transaction.create(access.event(&services, fact));
        transaction.replace(&task, next.clone());
        Ok((transaction, StatusCode::OK, TaskView::from(next)))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
