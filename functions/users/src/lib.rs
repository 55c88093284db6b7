//! People: what they say of themselves, who sees it, and whom they know.
//!
//! An account comes with a name; a profile comes into being when the person first writes it. Each field has its own visibility, and every
//! answer is made for whoever asks. Two people may be connected, and either may block the other, who does not learn it: nobody who is blocked
//! finds the other in a search, or sees more than what is public, and their requests stay unanswered.

mod activity;
mod activity_figures;
mod connections;
mod create;
mod erase;
mod error;
mod export;
mod get;
mod input;
mod own;
mod person;
mod picture;
mod portfolio;
mod privacy;
mod replace;
mod rights;
mod search;
mod second_factor;
mod skills;
mod suspension;
mod view;

use axum::extract::FromRef;
use shared::access::LinkSecrets;
use shared::http::Routes;
use shared::routes;
use shared::services::Services;
use vendors::s3::Bucket;

use picture::Pictures;

pub use error::Error;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
    links: LinkSecrets,
    pictures: Pictures,
}

impl Deps {
    /// What follows from these services; pictures are in this bucket.
    pub fn new(services: Services, bucket: Bucket) -> Self {
        let pictures = Pictures::new(bucket, services.clock.clone());
        Self { links: LinkSecrets::new(services.clone()), pictures, services }
    }
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

impl FromRef<Deps> for LinkSecrets {
    fn from_ref(deps: &Deps) -> Self {
        deps.links.clone()
    }
}

impl FromRef<Deps> for Pictures {
    fn from_ref(deps: &Deps) -> Self {
        deps.pictures.clone()
    }
}

/// The function's routes.
pub fn router() -> Routes<Deps> {
    Routes::new()
        .routes(routes!(search::search_users))
        .routes(routes!(create::create_user))
        .routes(routes!(get::get_user, replace::replace_user, erase::delete_user))
        .routes(routes!(privacy::get_privacy, privacy::replace_privacy))
        .routes(routes!(suspension::suspend_user))
        .routes(routes!(suspension::reinstate_user))
        .routes(routes!(second_factor::remove_user_totp))
        .routes(routes!(connections::list::list_connections))
        .routes(routes!(connections::steps::request_connection, connections::steps::remove_connection))
        .routes(routes!(connections::steps::accept_connection))
        .routes(routes!(connections::steps::decline_connection))
        .routes(routes!(connections::steps::block_user, connections::steps::unblock_user))
        .routes(routes!(connections::mutual::get_mutual_connections))
        .routes(routes!(portfolio::list::list_portfolio, portfolio::create::create_portfolio_entry))
        .routes(routes!(portfolio::replace::replace_portfolio_entry, portfolio::delete::delete_portfolio_entry))
        .routes(routes!(skills::list::list_skills, skills::add::add_skill))
        .routes(routes!(skills::remove::remove_skill))
        .routes(routes!(skills::endorse::endorse_skill, skills::endorse::withdraw_endorsement))
        .routes(routes!(export::request::export_user))
        .routes(routes!(export::download::download_export))
        .routes(routes!(activity::list_user_activity))
        .routes(routes!(activity_figures::get_activity_figures))
}
