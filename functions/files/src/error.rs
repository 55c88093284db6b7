//! What can go wrong here.

use http::StatusCode;
use shared::problem::Problem;
use vendors::s3::S3Error;

/// An error of the files function.
#[derive(Debug)]
pub enum Error {
    /// The organisation has no file of this id.
    NoSuchFile,
    /// The bytes have not come yet.
    NothingUploaded,
    /// The bytes are not what they were said to be; what they look like instead.
    OtherContent(String),
    /// It is somebody's picture.
    InUse,
    /// It is for whoever uploaded the file, and for admins of the organisation.
    NotYours,
    /// What any function can meet.
    Problem(Problem),
}

impl From<S3Error> for Error {
    fn from(error: S3Error) -> Self {
        Self::Problem(Problem::unavailable(error))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchFile => Self::not_found(),
            Error::NothingUploaded => Self::conflict(
                "nothing_uploaded",
                "The file's bytes have not come yet: put them to the link of the upload first.",
            ),
            Error::OtherContent(what) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "other_content",
                format!("The file was removed: {what}. Announce it again as what it is."),
            ),
            Error::InUse => Self::conflict(
                "file_in_use",
                "The file is the picture of a profile; choose another one, or none, there first.",
            ),
            Error::NotYours => {
                Self::forbidden("This is for whoever uploaded the file, and for admins of the organisation.")
            }
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
