//! Organisations: who works together, on which plan, and what happened there.
//!
//! Every account has a personal organisation, which is its own: it ends with the account, nobody is invited to it, and it passes to nobody.
//! Further ones start on the Free plan. An organisation's events are its trail.

mod activity;
mod ai_configuration;
mod create;
mod delete;
mod details;
mod error;
mod find;
mod get;
mod invitations;
mod list;
mod members;
mod replace;
mod restore;
mod security;
mod usage;
mod view;
mod webhooks;

use axum::extract::FromRef;
use shared::access::LinkSecrets;
use shared::http::Routes;
use shared::routes;
use shared::services::Services;

pub use error::Error;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
    links: LinkSecrets,
}

impl Deps {
    /// What follows from these services.
    pub fn new(services: Services) -> Self {
        Self { links: LinkSecrets::new(services.clone()), services }
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
        .routes(routes!(create::create_organization, list::list_organizations))
        .routes(routes!(get::get_organization, replace::replace_organization, delete::delete_organization))
        .routes(routes!(restore::restore_organization))
        .routes(routes!(security::replace_organization_security))
        .routes(routes!(members::list::list_members))
        .routes(routes!(members::change_role::change_role, members::remove::remove_member))
        .routes(routes!(members::leave::leave_organization))
        .routes(routes!(members::transfer::transfer_ownership))
        .routes(routes!(invitations::create::invite, invitations::list::list_invitations))
        .routes(routes!(invitations::revoke::revoke_invitation))
        .routes(routes!(invitations::resend::resend_invitation))
        .routes(routes!(invitations::view_offer::view_invitation))
        .routes(routes!(invitations::accept::accept_invitation))
        .routes(routes!(invitations::decline::decline_invitation))
        .routes(routes!(ai_configuration::get_ai_configuration, ai_configuration::replace_ai_configuration))
        .routes(routes!(usage::get_usage))
        .routes(routes!(webhooks::create::create_webhook, webhooks::list::list_webhooks))
        .routes(routes!(
            webhooks::get::get_webhook,
            webhooks::replace::replace_webhook,
            webhooks::delete::delete_webhook
        ))
        .routes(routes!(webhooks::rotate::rotate_webhook_secret))
        .routes(routes!(webhooks::deliveries::list_webhook_deliveries))
        .routes(routes!(webhooks::replay::replay_webhook_delivery))
        .routes(routes!(activity::list_activity))
}
