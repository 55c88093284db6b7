//! What can go wrong here.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::ai::AiError;
use shared::model::task::TaskKind;
use shared::plan::Plan;
use shared::problem::{FieldProblem, Problem};
use shared::store::StoreError;

/// How long a caller waits for the assistant when its provider does not say.
const AI_PAUSE_SECONDS: u32 = 30;

/// An error of the agents function.
#[derive(Debug)]
pub enum Error {
    /// The assistant gave no usable answer.
    Ai(AiError),
    /// The plan does not include the agentic engine.
    PlanRequired(&'static Plan),
    /// What the plan includes of this month is used up.
    TaskLimitReached(&'static Plan, TaskKind),
    /// The task is to work on a lead that is not there.
    LeadUnknown,
    /// The lead of the task was removed meanwhile.
    LeadGone,
    /// The lead has a follow-up task that is not over.
    FollowUpOpen,
    /// The organisation has a post task that is not over.
    PostTaskOpen,
    /// Only pending tasks can be cancelled.
    NotPending,
    /// Only failed tasks can be tried again.
    NotFailed,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Ai(error) => ai(&error),
            Error::PlanRequired(plan) => {
                let detail =
                    format!("The {} plan does not include the agentic engine; every plan above Free does.", plan.title);
                Self::plan_required("plan_required", detail)
            }
            Error::TaskLimitReached(plan, kind) => {
                let includes = match kind {
                    TaskKind::LeadFollowup => format!("{} tasks", plan.monthly.tasks),
                    TaskKind::SocialMediaPost => {
                        format!("{} tasks and {} posts", plan.monthly.tasks, plan.monthly.posts)
                    }
                };
                let detail = format!(
                    "The {} plan includes {includes} a month, and this month's are used up; a larger plan has more.",
                    plan.title
                );
                Self::plan_required("task_limit_reached", detail)
            }
            Error::LeadUnknown => Self::invalid(vec![FieldProblem::new("leadId", "is no lead of this organisation")]),
            Error::LeadGone => Self::conflict("lead_gone", "The lead of this task was removed."),
            Error::FollowUpOpen => Self::conflict(
                "follow_up_open",
                "This lead has an open follow-up task; wait for it or cancel it first.",
            ),
            Error::PostTaskOpen => Self::conflict(
                "post_task_open",
                "A post is being written already; wait for it or cancel its task first.",
            ),
            Error::NotPending => Self::conflict("not_pending", "Only a pending task can be cancelled."),
            Error::NotFailed => Self::conflict("not_failed", "Only a failed task can be tried again."),
            Error::Problem(problem) => problem,
        }
    }
}

fn ai(error: &AiError) -> Problem {
    let unavailable = |seconds: u32| {
        let detail = "The assistant cannot answer now; your message is saved, so send it again shortly.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "ai_unavailable", detail).retry_after(u64::from(seconds))
    };
    match error {
        AiError::Unavailable { retry_after_seconds } => unavailable(retry_after_seconds.unwrap_or(AI_PAUSE_SECONDS)),
        // Another try may well be usable, and the caller cannot mend it.
        AiError::InvalidOutput { .. } => unavailable(1),
        AiError::Refused { .. } => {
            let detail = "The assistant declines to answer this message; put it in other words.";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "ai_refused", detail)
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<AiError> for Error {
    fn from(error: AiError) -> Self {
        Self::Ai(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
