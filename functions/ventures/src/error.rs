//! What can go wrong here.

use shared::problem::Problem;

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

shared::function_error!(Error);
