//! What can go wrong here.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::id::LeadId;
use shared::problem::{FieldProblem, Problem};
use shared::store::StoreError;

use crate::import::FileError;

/// An error of the CRM function.
#[derive(Debug)]
pub enum Error {
    /// The file as a whole cannot be imported.
    File(FileError),
    /// There is a lead with the same identity already: this one.
    LeadExists(LeadId),
    /// The token is none by which anybody unsubscribes.
    LinkInvalid,
    /// The store failed; the import tells the ways apart.
    Store(StoreError),
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::File(fault) => refused(&fault),
            Error::LeadExists(id) => Self::conflict(
                "lead_exists",
                format!("The lead {id} has the same e-mail address, LinkedIn profile or name; change it instead."),
            ),
            Error::LinkInvalid => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "link_invalid",
                "This link is not one of ours; follow the one in the mail, whole.",
            )
            .with_errors(vec![FieldProblem::new("token", "is none that was mailed")]),
            Error::Store(error) => error.into(),
            Error::Problem(problem) => problem,
        }
    }
}

/// 413 where the file is too much at once, 400 where its bytes cannot be read as a table, 422 where the table has no leads that we could
/// take.
fn refused(fault: &FileError) -> Problem {
    let detail = fault.to_string();
    match fault {
        FileError::TooLarge { .. } => Problem::too_large(detail),
        FileError::TooManyRows { .. } => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_rows", detail),
        FileError::Workbook
        | FileError::NotUtf8 { .. }
        | FileError::UnclosedQuote { .. }
        | FileError::Unreadable { .. } => Problem::new(StatusCode::BAD_REQUEST, "malformed", detail),
        FileError::Empty
        | FileError::NoHeader
        | FileError::NoRecognisedColumns { .. }
        | FileError::DuplicateColumn { .. }
        | FileError::TooManyColumns { .. }
        | FileError::NoRows => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail),
    }
}

impl From<FileError> for Error {
    fn from(fault: FileError) -> Self {
        Self::File(fault)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
