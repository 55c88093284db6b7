//! Figures of the platform.
//!
//! They are sums of what the projector counted, so that no question reads everybody's data; they follow what happened within moments.

mod platform;

use axum::extract::FromRef;
use shared::http::Routes;
use shared::routes;
use shared::services::Services;

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
    Routes::new().routes(routes!(platform::get_platform_figures))
}
