//! What can go wrong here.

use shared::problem::{FieldProblem, Problem};

/// An error of the billing function.
#[derive(Debug)]
pub enum Error {
    /// There is no such organisation to give credits to.
    OrganizationUnknown,
    /// Credits cannot expire before they are given.
    ExpiryPassed,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::OrganizationUnknown => {
                Self::invalid(vec![FieldProblem::new("organizationId", "is no organisation of the platform")])
            }
            Error::ExpiryPassed => Self::invalid(vec![FieldProblem::new("expiresAt", "must lie in the future")]),
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
