//! `POST /api/agentic/analyze`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{Member, OrganizationAccess};
use shared::agentic::{RunRequest, run};
use shared::event::Actor;
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::id::RunId;
use shared::model::agentic_run::{Action, Insight};
use shared::services::Services;
use shared::shortfall::{Feature, Shortfall};
use shared::store::{IdempotencyKey, Reply, Transaction};
use utoipa::ToSchema;

use crate::Error;

/// Nothing to say: the engine looks at what there is.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Analyze {}

/// What an idempotency key stands for: the run that it began, whose row is the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    run_id: RunId,
}

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
        ActingOrganization,
        IdempotencyHeader,
    ),
    request_body(content = Option<Analyze>, description = "Nothing, or an empty object."),
    responses(
        (status = 200, description = "The run.", body = Analysis),
        (status = 402, description = "`plan_required`: the plan does not include the agentic engine; `plan` is the least that does."),
    )
)]
pub(crate) async fn analyze(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    idempotency: IdempotencyKey,
    _: Option<Input<Analyze>>,
) -> Result<Reply<Analysis>, Error> {
    // No body and an empty one are one input, so only the key tells commands apart.
    let once = idempotency.once(&access.caller(), &Analyze {})?;
    // The key is recorded before the run, which takes several transactions: a repeat, also at the same time, goes on with the same run
    // and answers as it ends, whatever became of the plan since.
    let begin = || async {
        if !Feature::AgenticEngine.is_on(access.plan()) {
            return Err(Error::Shortfall(access.plan(), Shortfall::Feature(Feature::AgenticEngine)));
        }
        Ok((Transaction::new(), StatusCode::OK, Begun { run_id: services.ids.next() }))
    };
    let Reply { status, body: Begun { run_id }, replayed } = services.store.execute_once(once.as_ref(), begin).await?;
    let request = RunRequest {
        organization: &access.organization,
        run_id: run_id.to_string(),
        actor: Actor::User { user_id: access.principal.user_id },
        trace: access.principal.trace(),
    };
    let run = run(&services, &request).await?;
    Ok(Reply { status, body: Analysis { insights: run.insights, actions: run.actions }, replayed })
}
