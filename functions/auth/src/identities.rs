//! `GET /api/auth/identities`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::services::Services;
use shared::store::Page;
use utoipa::ToSchema;

use crate::Error;

/// An identity that somebody else vouches for, and that signs in to the account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Identity)]
pub(crate) struct IdentityView {
    /// Who vouches for it.
    pub(crate) provider: IdentityProvider,
    /// The e-mail address that they say to be its owner's, if they do.
    #[schema(required, format = "email", example = "ada@example.com")]
    pub(crate) email: Option<String>,
    /// Since when it signs in.
    pub(crate) linked_at: Timestamp,
}

impl From<LinkedIdentity> for IdentityView {
    fn from(identity: LinkedIdentity) -> Self {
        let LinkedIdentity { provider, email, linked_at, .. } = identity;
        Self { provider, email, linked_at }
    }
}

/// The identities that sign in to the caller's account, one of a provider at most.
#[utoipa::path(
    get, path = "/api/auth/identities", operation_id = "listIdentities", tag = "auth",
    security(("accessToken" = [])),
    responses(
        (status = 200, description = "All of them.", body = Page<IdentityView>),
    )
)]
pub(crate) async fn list_identities(
    State(services): State<Services>,
    principal: Principal,
) -> Result<Json<Page<IdentityView>>, Error> {
    let key = LinkedIdentity::key_of(principal.user_id, IdentityProvider::LinkedIn);
    let identity = services.store.get::<LinkedIdentity>(&key).await?;
    let data = identity.map(|identity| identity.value.into()).into_iter().collect();
    Ok(Json(Page { data, next_cursor: None }))
}
