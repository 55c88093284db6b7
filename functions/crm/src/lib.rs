//! Leads: one by one, and by the file.
//!
//! A lead is known by its e-mail address, else its LinkedIn profile, else its name, company and telephone number together
//! ([`import::Identity`]). A marker in the table keeps that to one lead of an organisation, whichever way the lead came, and it is what
//! makes an import that is repeated find its leads instead of adding them again.

mod activities;
mod create;
mod delete;
mod error;
mod get;
pub mod import;
mod import_leads;
mod input;
mod landing;
mod list;
mod merge;
mod replace;
mod unsubscribe;

use axum::extract::{DefaultBodyLimit, FromRef};
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
    let limit = DefaultBodyLimit::max(import::MAX_BYTES);
    Routes::new()
        .routes(routes!(create::create_lead, list::list_leads))
        .routes(routes!(get::get_lead, replace::replace_lead, delete::delete_lead))
        .routes(routes!(activities::list_lead_activities))
        .routes(routes!(unsubscribe::unsubscribe))
        .routes(routes!(import_leads::import_leads).map(|import| import.layer(limit)))
}
