//! Files: what people upload for an organisation.
//!
//! The bytes never pass through the function. Whoever announces a file gets a link by which exactly so many bytes of that kind can be put
//! where nothing is yet; once they are there, the function looks at their beginning, and from then on the organisation's members get links
//! to read them. What is not what it was said to be nobody gets.

mod complete;
mod content_type;
mod delete;
mod error;
mod get;
mod list;
mod storage;
mod upload;
mod view;

use axum::extract::FromRef;
use shared::http::Routes;
use shared::id::{FileId, OrganizationId};
use shared::model::file::{File, FileStatus};
use shared::routes;
use shared::services::Services;
use shared::store::Versioned;
use vendors::http::Http;
use vendors::s3::Bucket;

pub use error::Error;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time, the callers.
    pub services: Services,
    /// Where the bytes are.
    pub bucket: Bucket,
    /// How the bucket is asked.
    pub http: Http,
}

impl FromRef<Deps> for Services {
    fn from_ref(deps: &Deps) -> Self {
        deps.services.clone()
    }
}

impl FromRef<Deps> for Bucket {
    fn from_ref(deps: &Deps) -> Self {
        deps.bucket.clone()
    }
}

impl FromRef<Deps> for Http {
    fn from_ref(deps: &Deps) -> Self {
        deps.http.clone()
    }
}

/// The function's routes.
pub fn router() -> Routes<Deps> {
    Routes::new()
        .routes(routes!(upload::upload_file))
        .routes(routes!(list::list_files))
        .routes(routes!(storage::get_storage))
        .routes(routes!(get::get_file, delete::delete_file))
        .routes(routes!(complete::complete_file))
}

/// A file of an organisation that is not removed, or 404.
async fn find(services: &Services, organization: OrganizationId, id: FileId) -> Result<Versioned<File>, Error> {
    let file = services.store.get::<File>(&File::key_of(organization, id)).await?;
    file.filter(|file| file.status != FileStatus::Removed).ok_or(Error::NoSuchFile)
}
