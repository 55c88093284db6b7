//! `POST /api/users/{userId}/export`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use shared::access::{LinkSecrets, Principal};
use shared::clock::Timestamp;
use shared::event::Fact;
use shared::http::Path;
use shared::id::{LinkId, UserId};
use shared::model::link::{Link, LinkPurpose};
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;
use utoipa::ToSchema;

use crate::Error;
use crate::rights::require_recent;

/// Where an export can be had.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportLink {
    /// The path of the document, to be put after this function's address. Whoever has it has the document.
    #[schema(format = "uri-reference")]
    url: String,
    /// Until when it can be had.
    expires_at: Timestamp,
}

/// Ask for everything that the platform has of you, as one document. The link works for an hour, without signing in, and as often as is
/// needed; it ends when all your sessions do.
#[utoipa::path(
    post, path = "/api/users/{userId}/export", operation_id = "exportUser", tag = "users",
    security(("accessToken" = [])),
    params(("userId" = UserId, Path)),
    responses(
        (status = 201, description = "Where the document can be had.", body = ExportLink),
        (status = 403, description = "`forbidden`: the account is another's. `step_up_required`: present your credentials again first."),
    )
)]
pub(crate) async fn export_user(
    State(services): State<Services>,
    State(links): State<LinkSecrets>,
    principal: Principal,
    Path(id): Path<UserId>,
) -> Result<(StatusCode, Json<ExportLink>), Error> {
    if principal.user_id != id {
        return Err(Error::NotYours);
    }
    require_recent(&services, &principal).await?;
    let link_id = services.ids.next::<LinkId>();
    let token = links.link_token(LinkPurpose::Export, link_id).await?;
    let plan = || async {
        let user = services.store.get::<User>(&User::key_of(id)).await?;
        let user = user.filter(|user| user.erased_at.is_none()).ok_or_else(Problem::not_found)?;
        let link = Link::new(link_id, LinkPurpose::Export, id, &user.email, services.clock.now());
        let expires_at = link.expires_at;
        let mut transaction = Transaction::<Error>::new();
        transaction.create(link);
        let fact = Fact::ExportRequested { user_id: id, link_id };
        transaction.create(principal.event(&services, id.personal_organization(), fact));
        Ok((transaction, expires_at))
    };
    let expires_at = services.store.execute(plan).await?;
    let url = format!("/api/users/exports?token={}", token.text());
    Ok((StatusCode::CREATED, Json(ExportLink { url, expires_at })))
}
