//! `POST /api/auth/logout-everywhere`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::Fact;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use crate::{Error, session};

/// Sign out everywhere: every session of the account ends, this one too.
#[utoipa::path(
    post, path = "/api/auth/logout-everywhere", operation_id = "logoutEverywhere", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 204, description = "Every session has ended."),
    )
)]
pub(crate) async fn logout_everywhere(
    State(services): State<Services>,
    principal: Principal,
) -> Result<StatusCode, Error> {
    let (user_id, services) = (principal.user_id, &services);
    let plan = || async {
        let found = session::read(services, user_id, principal.session_id).await?;
        let (user, _) = found.ok_or_else(Problem::token_invalid)?;
        let mut transaction = Transaction::<Error>::new();
        transaction.replace(&user, user.with_sessions_ended(services.clock.now()));
        let fact = Fact::AllSessionsEnded { user_id };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, ()))
    };
    services.store.execute(plan).await?;
    // Which sessions they were is not known without reading them; here all are looked up again.
    services.access.clear();
    Ok(StatusCode::NO_CONTENT)
}
