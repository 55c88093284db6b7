//! `POST /api/tasks`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Member, OrganizationAccess};
use shared::event::{Actor, Fact};
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::id::TaskId;
use shared::model::task::Task;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};

use super::input::CreateTask;
use super::subject::Subject;
use super::view::TaskView;
use super::{explained, limit_reached, require_verified};
use crate::Error;

/// Put a task on the list. It uses one of the month's tasks, a post also one of the posts, a campaign an e-mail for each lead.
///
/// What it uses is there again when it is cancelled or fails. A campaign is written and sent by itself; what became of its mails is with the
/// task.
#[utoipa::path(
    post, path = "/api/tasks", operation_id = "createTask", tag = "agents",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        IdempotencyHeader,
    ),
    request_body = CreateTask,
    responses(
        (status = 201, description = "The task.", body = TaskView),
        (status = 402, description = "`task_limit_reached`: this month's tasks, posts or e-mails do not suffice; `missing` says which, `plan` which plan has enough, `resetsAt` when they are there again."),
        (status = 403, description = "`email_unverified`: a campaign takes an address that its sender has verified."),
        (status = 409, description = "`follow_up_open` or `post_task_open`: such a task is open already."),
    )
)]
pub(crate) async fn create_task(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    Input(input): Input<CreateTask>,
) -> Result<Reply<TaskView>, Error> {
    let once = idempotency.once(&access.caller(), &input)?;
    let (wanted, id) = (input.input()?, services.ids.next::<TaskId>());
    require_verified(&access.principal, &wanted)?;
    let created_by = Actor::User { user_id: access.principal.user_id };
    let plan = || async {
        let now = services.clock.now();
        let subject = Subject::find(&services.store, access.organization_id(), &wanted, Error::LeadUnknown).await?;
        let (organization_id, trace) = (access.organization_id(), access.principal.trace());
        let task = Task::new(id, organization_id, subject.title(), wanted.clone(), created_by, trace, now);
        let mut transaction = Transaction::new();
        subject.open(&mut transaction, &task, now)?;
        let event = access.event(&services, Fact::TaskCreated { task_id: id, kind: input.kind });
        let refusal = limit_reached(&access, &task, now);
        shared::tasks::create(&mut transaction, task.clone(), access.plan(), event, refusal);
        Ok((transaction, StatusCode::CREATED, TaskView::from(task)))
    };
    match services.store.execute_once(once.as_ref(), plan).await {
        Err(error) => Err(explained(&services, &access, error).await),
        created => created,
    }
}
