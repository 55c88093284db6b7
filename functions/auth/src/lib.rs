//! Accounts and sessions: who somebody is.
//!
//! Registering makes an account with its personal organisation; signing in starts a session. Of a session a client holds two tokens: an
//! access token, which every function verifies by itself with the keys published here, and a refresh token, which is exchanged for the
//! next pair and can be exchanged once.
//!
//! Nothing here sends mail: a command that needs one writes a link and an event, and the mailer does the rest. Links lead to pages of the
//! frontend, which post their token here; nothing happens when a link is merely looked at.

mod account;
mod challenge;
mod change_email;
mod change_password;
mod client;
mod confirm_email;
mod error;
mod forgot_password;
mod identities;
mod jwks;
mod limits;
mod linkedin;
mod links;
mod login;
mod login_totp;
mod logout;
mod me;
mod password;
mod refresh;
mod refresh_token;
mod register;
mod reset_password;
mod rotation;
mod secret;
mod server_keys;
mod session;
mod sessions;
mod signing_keys;
mod step_up;
mod strength;
mod totp;
mod verify_email;
mod verify_email_request;
mod view;

use axum::extract::FromRef;
use shared::access::LinkSecrets;
use shared::email;
use shared::http::Routes;
use shared::problem::{FieldProblem, Problem};
use shared::routes;
use shared::services::Services;
use vendors::breached_passwords::BreachedPasswords;
use vendors::linkedin::LinkedIn;

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
    links: LinkSecrets,
    breached_passwords: Option<BreachedPasswords>,
    linkedin: Option<LinkedIn>,
}

impl Deps {
    /// What the function needs, on top of these services.
    pub fn new(services: Services) -> Self {
        Self {
            signing_keys: SigningKeys::new(services.clone()),
            server_keys: ServerKeys::new(services.clone()),
            links: LinkSecrets::new(services.clone()),
            breached_passwords: None,
            linkedin: None,
            services,
        }
    }

    /// The same, with passwords looked up among those that are known from breaches, if there is something that looks them up.
    #[must_use]
    pub fn with_breached_passwords(self, breached_passwords: Option<BreachedPasswords>) -> Self {
        Self { breached_passwords, ..self }
    }

    /// The same, with people signed in with LinkedIn, if there is something that does it.
    #[must_use]
    pub fn with_linkedin(self, linkedin: Option<LinkedIn>) -> Self {
        Self { linkedin, ..self }
    }

    /// Refuses a new password that is easily guessed or known from a breach, at the field `path`. `words` are the person's own: name and
    /// address.
    async fn require_good_password(&self, password: &Secret, words: &[&str], path: &str) -> Result<(), Error> {
        strength::require_strength(password, words, path)?;
        let Some(breached_passwords) = &self.breached_passwords else { return Ok(()) };
        match breached_passwords.is_known(password.reveal()).await {
            Ok(false) => Ok(()),
            Ok(true) => {
                let message = "is known from a breach of another service. Choose one that you use nowhere else.";
                Err(Problem::invalid(vec![FieldProblem::new(path, message)]).into())
            }
            // People must be able to change a password on such a day too.
            Err(reason) => {
                tracing::warn!(reason, "passwords cannot be compared with those of breaches");
                Ok(())
            }
        }
    }
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

/// The function's routes.
pub fn router() -> Routes<Deps> {
    Routes::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(login_totp::login_totp))
        .routes(routes!(linkedin::start::start_linkedin_sign_in))
        .routes(routes!(linkedin::callback::sign_in_with_linkedin))
        .routes(routes!(linkedin::link_start::start_linkedin_link))
        .routes(routes!(linkedin::link::link_linkedin, linkedin::unlink::unlink_linkedin))
        .routes(routes!(identities::list_identities))
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
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(verify_email_request::request_email_verification))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(change_email::change_email))
        .routes(routes!(confirm_email::confirm_email))
}
