//! What can go wrong here.

use shared::problem::Problem;

/// An error of the organisations function.
#[derive(Debug)]
pub enum Error {
    /// The caller is a member of as many organisations as one account may be.
    TooManyOrganizations,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::TooManyOrganizations => {
                Self::conflict("too_many_organizations", "An account can be in 100 organisations; leave one first.")
            }
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
