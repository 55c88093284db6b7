//! What somebody gets who signs in.

use serde::Serialize;
use shared::clock::Timestamp;
use shared::id::UserId;
use shared::model::session::Session;
use shared::model::signing_key::SigningKey;
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use utoipa::ToSchema;

use crate::refresh_token::RefreshToken;
use crate::secret::Secret;

/// The tokens of a session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    /// For the header `Authorization: Bearer …` of every other request: an EdDSA JWT.
    #[schema(value_type = String)]
    access_token: Secret,
    /// For `POST /api/auth/refresh`, once.
    #[schema(value_type = String)]
    refresh_token: Secret,
    /// Seconds until the access token expires.
    #[schema(example = 86400)]
    expires_in: u64,
}

impl Tokens {
    /// An access token of now for a session beside its refresh token.
    pub(crate) fn new(
        services: &Services,
        key: &SigningKey,
        user: &User,
        (session, refresh_token): (&Session, &RefreshToken),
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let access = services.tokens.issue(key, user.id, &user.email, (session.id, session.generation), now)?;
        Ok(Self {
            access_token: Secret::from(access.token),
            refresh_token: refresh_token.text(),
            expires_in: access.expires_in,
        })
    }
}

/// Whom the tokens are of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedInUser {
    /// The account.
    id: UserId,
    /// The account's e-mail address.
    #[schema(format = "email", example = "ada@example.com")]
    email: String,
    /// The person's name.
    #[schema(example = "Ada Lovelace")]
    name: String,
}

/// Somebody signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedIn {
    /// Who.
    user: SignedInUser,
    #[serde(flatten)]
    tokens: Tokens,
}

impl SignedIn {
    pub(crate) fn new(user: User, tokens: Tokens) -> Self {
        let User { id, email, name, .. } = user;
        Self { user: SignedInUser { id, email, name }, tokens }
    }
}
