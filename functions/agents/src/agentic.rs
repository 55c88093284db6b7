//! `POST /api/agentic/analyze`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{Member, OrganizationAccess};
use shared::agentic::{RunRequest, run};
use shared::event::Actor;
use shared::http::Input;
use shared::id::RunId;
use shared::model::agentic_run::{Action, AgenticRun, Insight};
use shared::problem::ProblemBody;
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply};
use utoipa::ToSchema;

use crate::Error;

/// Nothing to say: the engine looks at what there is.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Analyze {}

/// What the engine noticed and what it did about it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analysis {
    /// What it noticed.
    insights: Vec<Insight>,
    /// What it did.
    actions: Vec<Action>,
}

/// Look at the organisation's leads, posts and tasks now, and act on what is certain enough.
///
/// It creates at most three follow-up tasks, none for a lead that has an open one or had one within seven days, and one post task unless
/// one is open.
#[utoipa::path(
    post, path = "/api/agentic/analyze", operation_id = "analyze", tag = "agents",
    security(("accessToken" = [])),
    params(
        ("X-Organization-Id" = Option<String>, Header, description = "The acting organisation; the personal one when absent."),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255, description = "Makes a repeat answer as the first time."),
    ),
    request_body(content = Option<Analyze>, description = "Nothing, or an empty object."),
    responses(
        (status = 200, description = "The run.", body = Analysis),
        (status = "default", description = "A problem: 400, 401, 402 `plan_required`, 404, 413, 415, 422, 503.",
         body = ProblemBody<'_>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn analyze(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    _: Option<Input<Analyze>>,
) -> Result<Reply<Analysis>, Error> {
    if !access.plan().agentic_engine {
        return Err(Error::PlanRequired(access.plan()));
    }
    // No body and an empty one are one input, so only the key tells commands apart.
    let once = idempotency.once(&access.caller(), &Analyze {})?;
    let finished = match &once {
        Some(once) => {
            let key = AgenticRun::key_of(access.organization_id(), once.name());
            services.store.get::<AgenticRun>(&key).await?.filter(|run| run.finished_at.is_some())
        }
        None => None,
    };
    let (run, replayed) = match finished {
        Some(run) => (run.value, true),
        None => {
            let run_id = once.map_or_else(|| services.ids.next::<RunId>().to_string(), |once| once.name().to_owned());
            let request = RunRequest {
                organization: &access.organization,
                run_id,
                actor: Actor::User { user_id: access.principal.user_id },
                request_id: access.principal.request_id(),
            };
            (run(&services, &request).await?, false)
        }
    };
    Ok(Reply { status: StatusCode::OK, body: Analysis { insights: run.insights, actions: run.actions }, replayed })
}
