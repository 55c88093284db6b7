//! Plans, usage and credits: what an organisation may use, has used and has left.

mod credits;
mod error;
mod plans;
mod usage;

use axum::extract::FromRef;
use shared::http::Routes;
use shared::routes;
use shared::services::Services;

pub use error::Error;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

/// The function's routes.
pub fn router() -> Routes<Deps> {
    Routes::new()
        .routes(routes!(plans::list_plans))
        .routes(routes!(usage::get_billing_usage))
        .routes(routes!(credits::history::list_credit_movements))
        .routes(routes!(credits::grant::grant_credits))
}
