//! `POST /api/auth/logout`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::{Actor, Fact};
use shared::services::Services;

use crate::{Error, session};

/// Sign out: the session of the access token ends, and with it all its tokens.
#[utoipa::path(
    post, path = "/api/auth/logout", operation_id = "logout", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 204, description = "The session has ended."),
    )
)]
pub(crate) async fn logout(State(services): State<Services>, principal: Principal) -> Result<StatusCode, Error> {
    let (user_id, session_id) = (principal.user_id, principal.session_id);
    let fact = Fact::SessionEnded { user_id, session_id };
    session::end(&services, user_id, session_id, fact, Actor::User { user_id }, principal.trace()).await?;
    Ok(StatusCode::NO_CONTENT)
}
