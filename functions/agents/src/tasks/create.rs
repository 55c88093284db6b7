//! `POST /api/tasks`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{Member, OrganizationAccess};
use shared::event::{Actor, Fact};
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::id::{LeadId, TaskId};
use shared::model::task::{Task, TaskInput, TaskKind};
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use super::subject::Subject;
use super::view::TaskView;
use super::{explained, limit_reached};
use crate::Error;

/// A new task.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateTask {
    /// What to do.
    #[garde(skip)]
    kind: TaskKind,
    /// With `lead_followup`, and only then: the lead to write to.
    #[garde(skip)]
    #[serde(default)]
    lead_id: Option<LeadId>,
}

impl CreateTask {
    fn input(&self) -> Result<TaskInput, Problem> {
        let wrong = |message: &str| Err(Problem::invalid(vec![FieldProblem::new("leadId", message)]));
        match (self.kind, self.lead_id) {
            (TaskKind::LeadFollowup, Some(lead_id)) => Ok(TaskInput::LeadFollowup { lead_id }),
            (TaskKind::LeadFollowup, None) => wrong("is needed: the lead to write to"),
            (TaskKind::SocialMediaPost, None) => Ok(TaskInput::SocialMediaPost),
            (TaskKind::SocialMediaPost, Some(_)) => wrong("does not belong to a post"),
        }
    }
}

/// Put a task on the list. It uses one of the month's tasks, a post also one of the posts, until it is cancelled or fails.
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
        (status = 402, description = "`task_limit_reached`: this month's tasks or posts are used up; `missing` says which, `plan` which plan has more, `resetsAt` when they are there again."),
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
    let created_by = Actor::User { user_id: access.principal.user_id };
    let plan = || async {
        let now = services.clock.now();
        let subject = Subject::find(&services.store, access.organization_id(), &wanted, Error::LeadUnknown).await?;
        let (organization_id, trace) = (access.organization_id(), access.principal.trace());
        let task = Task::new(id, organization_id, subject.title(), wanted.clone(), created_by, trace, now);
        let mut transaction = Transaction::new();
        subject.open(&mut transaction, &task, now)?;
        let event = access.event(&services, Fact::TaskCreated { task_id: id, kind: input.kind });
        shared::tasks::create(&mut transaction, task.clone(), access.plan(), event, limit_reached(&access, now));
        Ok((transaction, StatusCode::CREATED, TaskView::from(task)))
    };
    match services.store.execute_once(once.as_ref(), plan).await {
        Err(error) => Err(explained(&services, &access, error).await),
        created => created,
    }
}
