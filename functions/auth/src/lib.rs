//! Accounts and sessions: who somebody is.
//!
//! Registering makes an account with its personal organisation; signing in starts a session. Of a session a client holds two tokens: an
//! access token, which every function verifies by itself with the keys published here, and a refresh token, which is exchanged for the
//! next pair and can be exchanged once.
//!
//! Nothing here sends mail: a command that needs one writes a link and an event, and the mailer does the rest. Links lead to pages of the
//! frontend, which post their token here; nothing happens when a link is merely looked at.

mod change_email;
mod client;
mod confirm_email;
mod error;
mod forgot_password;
mod jwks;
mod limits;
mod links;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod refresh_token;
mod register;
mod reset_password;
mod rotation;
mod secret;
mod session;
mod signing_keys;
mod verify_email;
mod verify_email_request;
mod view;

use axum::extract::FromRef;
use shared::access::LinkSecrets;
use shared::email;
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
    links: LinkSecrets,
}

impl Deps {
    /// What the function needs, on top of these services.
    pub fn new(services: Services) -> Self {
        let (signing_keys, links) = (SigningKeys::new(services.clone()), LinkSecrets::new(services.clone()));
        Self { services, signing_keys, links }
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
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(verify_email_request::request_email_verification))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(change_email::change_email))
        .routes(routes!(confirm_email::confirm_email))
}
