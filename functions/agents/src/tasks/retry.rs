//! `POST /api/tasks/{taskId}/retry`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Member, OrganizationAccess};
use shared::event::Fact;
use shared::http::{ActingOrganization, IdempotencyHeader, Path};
use shared::id::TaskId;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};

use super::subject::Subject;
use super::view::TaskView;
use super::{explained, find, limit_reached, require_verified};
use crate::Error;

/// Put a failed task on the list again. Like a new task, it uses what it takes of this month's.
#[utoipa::path(
    post, path = "/api/tasks/{taskId}/retry", operation_id = "retryTask", tag = "agents",
    security(("accessToken" = [])),
    params(
        ("taskId" = TaskId, Path),
        ActingOrganization,
        IdempotencyHeader,
    ),
    responses(
        (status = 200, description = "The task.", body = TaskView),
        (status = 402, description = "`task_limit_reached`: this month's tasks, posts or e-mails do not suffice; `missing` says which, `plan` which plan has enough, `resetsAt` when they are there again."),
        (status = 409, description = "`not_failed`, `lead_gone`, `recipients_changed`, `follow_up_open` or `post_task_open`."),
    )
)]
pub(crate) async fn retry_task(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    Path(id): Path<TaskId>,
) -> Result<Reply<TaskView>, Error> {
    let once = idempotency.once(&access.caller(), &id)?;
    let plan = || async {
        let (task, now) = (find(&services, &access, id).await?, services.clock.now());
        let (next, kind) = (task.retried(access.principal.trace(), now).ok_or(Error::NotFailed)?, task.input.kind());
        require_verified(&access.principal, &task.input)?;
        let subject = Subject::find(&services.store, access.organization_id(), &task.input, Error::LeadGone).await;
        let subject = subject.map_err(Error::of_retry)?;
        let mut transaction = Transaction::new();
        subject.open(&mut transaction, &next, now)?;
        transaction.update_or(next.reserve(access.plan()), limit_reached(&access, &next, now));
        transaction.create(access.event(&services, Fact::TaskRetried { task_id: id, kind }));
        transaction.replace(&task, next.clone());
        Ok((transaction, StatusCode::OK, TaskView::from(next)))
    };
    match services.store.execute_once(once.as_ref(), plan).await {
        Err(error) => Err(explained(&services, &access, error).await),
        retried => retried,
    }
}
