//! What an organisation buys, pays and has left: checkout, portal, subscription, invoices; plans, usage, credits.
//!
//! A command asks Stripe under a key that follows from the command, then records what came of it together with what Stripe says of the
//! subscription by then. Should it break off in between, the webhook that Stripe sends brings the same. What is bought is the
//! organisation's, so that its owner alone buys; members see what there is.

mod cancel;
mod change_plan;
mod checkout;
mod credits;
mod error;
mod invoices;
mod plans;
mod portal;
mod prices;
mod replay;
mod return_url;
mod subscription;
mod usage;
mod view;

use axum::extract::FromRef;
use payments::Payments;
use shared::http::Routes;
use shared::routes;
use shared::services::Services;

pub use error::Error;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
    /// Stripe and the prices; none where payments are not set up.
    pub payments: Option<Payments>,
}

impl Deps {
    fn payments(&self) -> Result<&Payments, Error> {
        self.payments.as_ref().ok_or(Error::NotConfigured)
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
        .routes(routes!(checkout::create::create_checkout))
        .routes(routes!(checkout::get::get_checkout))
        .routes(routes!(portal::create_portal_session))
        .routes(routes!(prices::list_prices))
        .routes(routes!(subscription::get_subscription))
        .routes(routes!(change_plan::change_plan))
        .routes(routes!(cancel::cancel_subscription))
        .routes(routes!(cancel::resume_subscription))
        .routes(routes!(invoices::list_invoices))
        .routes(routes!(plans::list_plans))
        .routes(routes!(usage::get_billing_usage))
        .routes(routes!(credits::history::list_credit_movements))
        .routes(routes!(credits::grant::grant_credits))
        .routes(routes!(replay::replay_webhook_events))
}
