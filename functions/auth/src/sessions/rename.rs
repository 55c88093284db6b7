//! `PATCH /api/auth/sessions/{sessionId}`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::access::Principal;
use shared::event::Fact;
use shared::http::{Input, Path};
use shared::id::SessionId;
use shared::model::session::Session;
use shared::services::Services;
use shared::store::Transaction;
use utoipa::ToSchema;

use super::view::SessionView;
use crate::{Error, session};

/// What a session is to be called.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameSession {
    /// The name.
    #[garde(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "My laptop"
    )]
    name: String,
}

/// Name one of the caller's sessions.
#[utoipa::path(
    patch, path = "/api/auth/sessions/{sessionId}", operation_id = "renameSession", tag = "auth",
    security(("accessToken" = [])),
    params(("sessionId" = SessionId, Path)),
    request_body = RenameSession,
    responses(
        (status = 200, description = "The session.", body = SessionView),
    )
)]
pub(crate) async fn rename_session(
    State(services): State<Services>,
    principal: Principal,
    Path(session_id): Path<SessionId>,
    Input(input): Input<RenameSession>,
) -> Result<Json<SessionView>, Error> {
    let (user_id, services) = (principal.user_id, &services);
    let plan = || async {
        let (_, current) = session::read(services, user_id, session_id).await?.ok_or(Error::NoSuchSession)?;
        let next = Session { name: Some(input.name.trim().to_owned()), ..current.value.clone() };
        let mut transaction = Transaction::<Error>::new();
        transaction.replace(&current, next.clone());
        let fact = Fact::SessionRenamed { user_id, session_id };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, SessionView::new(next, principal.session_id)))
    };
    services.store.execute(plan).await.map(Json)
}
