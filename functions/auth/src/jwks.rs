//! `GET /.well-known/jwks.json`

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use shared::model::signing_key::VerifyingKey;
use shared::store::Listing;
use utoipa::ToSchema;

use crate::{Deps, Error};

/// The public keys that access tokens are verified with (RFC 7517).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JsonWebKeySet)]
pub(crate) struct KeySet {
    /// Ed25519 keys (RFC 8037); a token's `kid` names the one it is signed with.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// The public keys of access tokens.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "getJwks", tag = "auth",
    responses(
        (status = 200, description = "The keys; good for five minutes.", body = KeySet,
         headers(("Cache-Control" = String, description = "`public, max-age=300`"))),
    )
)]
pub(crate) async fn get_jwks(State(deps): State<Deps>) -> Result<impl IntoResponse, Error> {
    // Makes the first key if there is none: nobody should remember an empty set for minutes.
    deps.signing_keys.current().await?;
    let keys = deps.services.store.list::<VerifyingKey>(&Listing::of_partition(VerifyingKey::PARTITION), None).await?;
    let now = deps.services.clock.now();
    let keys = keys.data.into_iter().filter(|key| key.is_good(now)).map(|key| key.value.jwk).collect();
    Ok(([(CACHE_CONTROL, "public, max-age=300")], Json(KeySet { keys })))
}
