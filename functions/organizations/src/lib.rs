//! Organisations: who works together, on which plan, and what happened there.
//!
//! Every account has a personal organisation; further ones start on the Free plan. An organisation's events are its trail.

mod activity;
mod create;
mod error;
mod get;
mod list;
mod view;

use axum::extract::FromRef;
use shared::services::Services;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
pub fn router() -> OpenApiRouter<Deps> {
    OpenApiRouter::new()
        .routes(routes!(create::create_organization, list::list_organizations))
        .routes(routes!(get::get_organization))
        .routes(routes!(activity::list_activity))
}
