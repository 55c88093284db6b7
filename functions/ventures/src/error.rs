//! What can go wrong here.

use axum::response::{IntoResponse, Response};
use shared::problem::Problem;
use shared::store::StoreError;

/// An error of the ventures function.
#[derive(Debug)]
pub enum Error {
    /// The organisation has no venture of this id.
    NoSuchVenture,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchVenture => Self::not_found(),
            Error::Problem(problem) => problem,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
