//! Accounts and sessions: who somebody is.
//!
//! Registering makes an account with its personal organisation; signing in starts a session. Of a session a client holds two tokens: an
//! access token, which every function verifies by itself with the keys published here, and a refresh token, which is exchanged for the
//! next pair and can be exchanged once.

mod account;
mod breached;
mod challenge;
mod change_password;
mod client;
mod email;
mod error;
mod jwks;
mod limits;
mod login;
mod login_totp;
mod logout;
mod me;
mod password;
mod refresh;
mod refresh_token;
mod register;
mod rotation;
mod secret;
mod server_keys;
mod session;
mod sessions;
mod signing_keys;
mod step_up;
mod strength;
mod totp;
mod view;

use axum::extract::FromRef;
use shared::services::Services;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use breached::BreachedPasswords;
pub use error::Error;
use secret::Secret;
use server_keys::ServerKeys;
use signing_keys::SigningKeys;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
    signing_keys: SigningKeys,
    server_keys: ServerKeys,
    breached_passwords: Option<BreachedPasswords>,
}

impl Deps {
    /// What the function needs, on top of these services.
    pub fn new(services: Services) -> Self {
        Self {
            signing_keys: SigningKeys::new(services.clone()),
            server_keys: ServerKeys::new(services.clone()),
            breached_passwords: None,
            services,
        }
    }

    /// The same, with passwords looked up among those that are known from breaches, if there is something that looks them up.
    #[must_use]
    pub fn with_breached_passwords(self, breached_passwords: Option<BreachedPasswords>) -> Self {
        Self { breached_passwords, ..self }
    }

    /// Refuses a new password that is easily guessed or known from a breach, at the field `path`. `words` are the person's own: name and
    /// address.
    async fn require_good_password(&self, password: &Secret, words: &[&str], path: &str) -> Result<(), Error> {
        strength::require_strength(password, words, path)?;
        if let Some(breached) = &self.breached_passwords {
            breached.require_unknown(password, path).await?;
        }
        Ok(())
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
        .routes(routes!(login_totp::login_totp))
        .routes(routes!(me::get_me))
        .routes(routes!(refresh::refresh_tokens))
        .routes(routes!(logout::logout))
        .routes(routes!(sessions::end_all::logout_everywhere))
        .routes(routes!(sessions::list::list_sessions))
        .routes(routes!(sessions::rename::rename_session, sessions::revoke::revoke_session))
        .routes(routes!(change_password::change_password))
        .routes(routes!(step_up::step_up))
        .routes(routes!(totp::status::get_totp, totp::disable::disable_totp))
        .routes(routes!(totp::enroll::enroll_totp))
        .routes(routes!(totp::confirm::confirm_totp))
        .routes(routes!(totp::renew_codes::renew_recovery_codes))
        .routes(routes!(jwks::get_jwks))
}
