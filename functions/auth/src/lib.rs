//! Accounts and sessions: who somebody is.
//!
//! Registering makes an account with its personal organisation; signing in starts a session. Of a session a client holds two tokens: an
//! access token, which every function verifies by itself with the keys published here, and a refresh token, which is exchanged for the
//! next pair and can be exchanged once.

mod client;
mod error;
mod jwks;
mod limits;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod refresh_token;
mod register;
mod rotation;
mod secret;
mod session;
mod signing_keys;
mod view;

use axum::extract::FromRef;
use shared::services::Services;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use error::Error;
use signing_keys::SigningKeys;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
    signing_keys: SigningKeys,
}

impl Deps {
    /// What the function needs, on top of these services.
    pub fn new(services: Services) -> Self {
        Self { signing_keys: SigningKeys::new(services.clone()), services }
    }
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

/// The function's routes.
pub fn router() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(me::get_me))
        .routes(routes!(refresh::refresh_tokens))
        .routes(routes!(logout::logout))
        .routes(routes!(jwks::get_jwks))
}
