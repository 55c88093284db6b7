//! `GET /api/auth/me`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{PlatformRole, Principal};
use shared::clock::Timestamp;
use shared::id::{OrganizationId, SessionId, UserId};
use shared::model::session::Session;
use shared::problem::Problem;
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;

/// An account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    /// The account's id.
    id: UserId,
    /// The e-mail address.
    #[schema(format = "email", example = "ada@example.com")]
    email: String,
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
    let session = services.store.get::<Session>(&Session::key_of(principal.user_id, principal.session_id)).await?;
    // The extractor may know the session from seconds ago; here its row is at hand.
    let session =
        session.filter(|session| session.is_alive(services.clock.now())).ok_or_else(Problem::token_invalid)?;
    let user = principal.user;
    Ok(Json(Me {
        organization_id: user.id.personal_organization(),
        user: Account {
            id: user.id,
            email: user.email,
            name: user.name,
            platform_role: user.platform_role,
            created_at: user.created_at,
        },
        session: CurrentSession { id: session.id, created_at: session.created_at, expires_at: session.expires_at },
    }))
}
