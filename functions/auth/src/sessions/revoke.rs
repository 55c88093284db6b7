//! `DELETE /api/auth/sessions/{sessionId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::Principal;
use shared::event::{Actor, Fact};
use shared::http::Path;
use shared::id::SessionId;
use shared::services::Services;

use crate::{Error, session};

/// End one of the caller's sessions, and with it all its tokens.
#[utoipa::path(
    delete, path = "/api/auth/sessions/{sessionId}", operation_id = "revokeSession", tag = "auth",
    security(("accessToken" = [])),
    params(("sessionId" = SessionId, Path)),
    responses(
        (status = 204, description = "The session has ended."),
    )
)]
pub(crate) async fn revoke_session(
    State(services): State<Services>,
    principal: Principal,
    Path(session_id): Path<SessionId>,
) -> Result<StatusCode, Error> {
    let user_id = principal.user_id;
    let fact = Fact::SessionEnded { user_id, session_id };
    match session::end(&services, user_id, session_id, fact, Actor::User { user_id }, principal.trace()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::NoSuchSession),
    }
}
