//! Ventures: what organisations build.
//!
//! A venture belongs to the organisation it was created in, and every member of it sees it.

mod create;
mod error;
mod get;
mod list;

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
        .routes(routes!(create::create_venture))
        .routes(routes!(list::list_ventures))
        .routes(routes!(get::get_venture))
}
