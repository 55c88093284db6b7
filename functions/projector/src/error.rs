//! What can go wrong here.

use shared::problem::Problem;
use shared::store::StoreError;
use shared_lambda::QueueError;

/// Why an event was not projected.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// A doorbell could not be rung.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The store failed.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The record's image is not an event as this version knows them.
    #[error("the event's image cannot be read")]
    Unreadable,
    /// A deleted lead has more activities than one attempt removes; the next goes on.
    #[error("more activities are left than one attempt removes")]
    ActivitiesLeft,
}

impl From<StoreError> for ProjectionError {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}
