//! `GET /api/auth/me`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{PlatformRole, Principal};
use shared::clock::Timestamp;
use shared::id::{OrganizationId, SessionId, UserId};
use shared::problem::Problem;
use shared::services::Services;
use utoipa::ToSchema;

use crate::{Error, session};

/// An account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    /// The account's id.
    id: UserId,
    /// The e-mail address.
    #[schema(format = "email", example = "ada@example.com")]
    email: String,
    /// Whether the address was shown to be theirs.
    email_verified: bool,
    /// The person's name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// The role on the platform, for those who have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    platform_role: Option<PlatformRole>,
    /// When the account was registered.
    created_at: Timestamp,
}

/// A session as its holder sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CurrentSession {
    /// The session's id.
    id: SessionId,
    /// When it began.
    created_at: Timestamp,
    /// When it ends unless its tokens are refreshed before.
    expires_at: Timestamp,
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    /// The account.
    user: Account,
    /// Its personal organisation: the acting one where a request names none.
    organization_id: OrganizationId,
    /// The session that the access token is of.
    session: CurrentSession,
}

/// Who the caller is.
#[utoipa::path(
    get, path = "/api/auth/me", operation_id = "getMe", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 200, description = "The account, its personal organisation and the session.", body = Me),
    )
)]
pub(crate) async fn get_me(State(services): State<Services>, principal: Principal) -> Result<Json<Me>, Error> {
    // The extractor may know both from seconds ago; here a change is seen at once.
    let (user, session) =
        session::read(&services, principal.user_id, principal.session_id).await?.ok_or_else(Problem::token_invalid)?;
    let user = user.value;
    Ok(Json(Me {
        organization_id: user.id.personal_organization(),
        user: Account {
            id: user.id,
            email: user.email,
            email_verified: user.email_verified_at.is_some(),
            name: user.name,
            platform_role: user.platform_role,
            created_at: user.created_at,
        },
        session: CurrentSession { id: session.id, created_at: session.created_at, expires_at: session.expires_at },
    }))
}
