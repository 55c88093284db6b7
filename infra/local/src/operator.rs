//! What an operator of the platform may do: put an organisation on a plan, give an account a platform role.
//!
//! The commands are transactions with events like any other. The running platform takes them at a loopback endpoint behind the operator
//! token that it printed at start; when none runs, the subcommands open the file and carry them out themselves.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::event::{Actor, Fact};
use shared::http::ClientAddress;
use shared::id::OrganizationId;
use shared::model::account_email::AccountEmail;
use shared::model::organization::Organization;
use shared::model::user::User;
use shared::plan::PlanName;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;
use shared::trace::Trace;
use tokio::sync::{mpsc, oneshot};

use crate::running::Instance;
use crate::{Platform, PlatformError};

/// Puts an organisation on a plan; setting the plan it has changes nothing.
pub async fn set_plan(services: &Services, organization: OrganizationId, plan: PlanName) -> Result<String, Problem> {
    let said = services
        .store
        .execute(|| async {
            let mut transaction = Transaction::<Problem>::new();
            let current = services.store.get::<Organization>(&Organization::key_of(organization)).await?;
            let current = current.filter(|current| current.is_there());
            let current = current.ok_or_else(|| unknown("organisation", organization))?;
            if current.plan != plan {
                let fact = Fact::PlanChanged { from: current.plan, to: plan };
                transaction.create(services.event(organization, Actor::Operator, Trace::begin(&services.ids), fact));
                transaction.replace(&current, Organization { plan, ..current.value.clone() });
            }
            Ok::<_, Problem>((transaction, format!("{} ({organization}) is on the {plan} plan.", current.name)))
        })
        .await?;
    services.access.clear();
    Ok(said)
}

fn unknown(what: &str, which: impl std::fmt::Display) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("There is no {what} {which}."))
}

/// Gives the account with this address a platform role, or takes it away.
pub async fn set_role(services: &Services, email: &str, role: Option<PlatformRole>) -> Result<String, Problem> {
    let said = services
        .store
        .execute(|| async {
            let mut transaction = Transaction::<Problem>::new();
            let account = services.store.get::<AccountEmail>(&AccountEmail::key_of(email)).await?;
            let account = account.ok_or_else(|| unknown("account with the address", email))?;
            let user = services.store.get::<User>(&User::key_of(account.user_id)).await?;
            let user = user.ok_or_else(|| unknown("account with the address", email))?;
            if user.platform_role != role {
                let (user_id, organization) = (user.id, user.id.personal_organization());
                let fact = Fact::PlatformRoleChanged { user_id, role };
                transaction.create(services.event(organization, Actor::Operator, Trace::begin(&services.ids), fact));
                transaction.replace(&user, User { platform_role: role, ..user.value.clone() });
            }
            let role = match role {
                Some(PlatformRole::Admin) => "has the platform role admin",
                Some(PlatformRole::Support) => "has the platform role support",
                None => "has no platform role",
            };
            Ok::<_, Problem>((transaction, format!("{} {role}.", user.email)))
        })
        .await?;
    services.access.clear();
    Ok(said)
}

/// An operator's command as the subcommands send it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum Command {
    /// Put an organisation on a plan.
    SetPlan { organization_id: OrganizationId, plan: PlanName },
    /// Give an account a platform role, or take it away.
    SetRole { email: String, role: Option<PlatformRole> },
    /// Start a schedule's function now.
    Tick { function: String },
}

impl Command {
    /// Carries the command out on a platform of one's own; what to tell the operator.
    pub(crate) async fn run_here(self, platform: &Platform) -> Result<String, Problem> {
        match self {
            Self::SetPlan { organization_id, plan } => set_plan(&platform.services, organization_id, plan).await,
            Self::SetRole { email, role } => set_role(&platform.services, &email, role).await,
            Self::Tick { function } => said(&function, platform.tick(&function).await),
        }
    }
}

/// What to tell of a schedule's run.
fn said(function: &str, outcome: Result<Value, PlatformError>) -> Result<String, Problem> {
    match outcome {
        Ok(answer) => Ok(format!("{function} ran and answered {answer}.")),
        Err(error @ PlatformError::UnknownSchedule { .. }) => Err(Problem::malformed("function", error.to_string())),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// A wish for a schedule's run, with where to tell its outcome. Jobs run on a thread of their own, so the wish has to go there.
pub(crate) type Tick = (String, oneshot::Sender<Result<Value, PlatformError>>);

#[derive(Clone)]
struct Desk {
    services: Services,
    ticks: mpsc::Sender<Tick>,
    token: Arc<str>,
}

/// `POST /_local/operator`: only from this machine, only with the operator token. `GET /_local/instance` proves to a subcommand that it is
/// about to send its token to the platform that it belongs to.
pub(crate) fn routes(services: Services, ticks: mpsc::Sender<Tick>, token: &str) -> Router {
    Router::new().route("/_local/operator", post(command)).route("/_local/instance", get(instance)).with_state(Desk {
        services,
        ticks,
        token: token.into(),
    })
}

#[derive(Deserialize)]
struct Challenge {
    challenge: String,
}

async fn instance(State(desk): State<Desk>, Query(asked): Query<Challenge>) -> Result<Json<Instance>, Problem> {
    Ok(Json(Instance::prove(&desk.token, &asked.challenge)?))
}

async fn command(
    State(desk): State<Desk>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let right = same(sent.as_bytes(), format!("Bearer {}", desk.token).as_bytes());
    if !right || !client.0.is_loopback() {
        return Err(Problem::token_invalid());
    }
    let command: Command = serde_json::from_slice(&body).map_err(|error| Problem::malformed("", error.to_string()))?;
    let said = match command {
        Command::SetPlan { organization_id, plan } => set_plan(&desk.services, organization_id, plan).await?,
        Command::SetRole { email, role } => set_role(&desk.services, &email, role).await?,
        Command::Tick { function } => {
            let (tell, told) = oneshot::channel();
            desk.ticks.send((function.clone(), tell)).await.map_err(Problem::unavailable)?;
            said(&function, told.await.map_err(Problem::unavailable)?)?
        }
    };
    Ok(Json(json!({ "message": said })))
}

/// Compares without telling by its time where two secrets differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
