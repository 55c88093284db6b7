//! Figures of the platform.
//!
//! They are sums of what the projector counted, so that no question reads everybody's data; they follow what happened within moments.

mod platform;

use axum::extract::FromRef;
use shared::services::Services;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
pub fn router() -> OpenApiRouter<Deps> {
    OpenApiRouter::new().routes(routes!(platform::get_platform_figures))
}
