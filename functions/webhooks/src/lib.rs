//! Takes vendors' webhooks in: verified on the bytes as they came, stored once, answered at once.
//!
//! Nothing else happens here. What came in is a row, which the stream brings to whom it rings for; the worker does the rest. An event
//! that comes again finds its row and is answered like the first, in one request to the table either way.

mod error;
mod linkedin;
mod receive;
mod stripe;
mod unipile;

use axum::extract::FromRef;
use shared::config::Variables;
use shared::http::Routes;
use shared::routes;
use shared::services::Services;
use vendors::WebhookSecrets;

pub use error::Error;

/// The secrets by which vendors' webhooks are known, several of each while one is being replaced.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// `STRIPE_WEBHOOK_SECRET`
    pub stripe: WebhookSecrets,
    /// `LINKEDIN_CLIENT_SECRET`
    pub linkedin: WebhookSecrets,
    /// `UNIPILE_WEBHOOK_SECRET`: the value of the header that was set when a webhook of version 1 was created.
    pub unipile: WebhookSecrets,
    /// `UNIPILE_SIGNING_SECRET`: what Unipile answered when a webhook of version 2 was created.
    pub unipile_signing: WebhookSecrets,
}

impl Secrets {
    /// Reads the secrets, each variable a list separated by commas. Webhooks of a vendor without any are refused.
    pub fn read(variables: &Variables) -> Self {
        Self {
            stripe: WebhookSecrets::read(variables, "STRIPE_WEBHOOK_SECRET"),
            linkedin: WebhookSecrets::read(variables, "LINKEDIN_CLIENT_SECRET"),
            unipile: WebhookSecrets::read(variables, "UNIPILE_WEBHOOK_SECRET"),
            unipile_signing: WebhookSecrets::read(variables, "UNIPILE_SIGNING_SECRET"),
        }
    }
}

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
    /// The secrets.
    pub secrets: Secrets,
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

/// The function's routes.
pub fn router() -> Routes<Deps> {
    Routes::new()
        .routes(routes!(stripe::receive_stripe_event))
        .routes(routes!(stripe::receive_stripe_event_at_its_other_path))
        .routes(routes!(linkedin::answer_linkedin_challenge, linkedin::receive_linkedin_event))
        .routes(routes!(unipile::receive_unipile_event))
        .routes(routes!(unipile::receive_signed_unipile_event))
}
