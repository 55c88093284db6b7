//! What can go wrong here.

use shared::problem::Problem;

/// An error of the auth function.
#[derive(Debug)]
pub enum Error {
    /// Registering: an account has this address.
    EmailTaken,
    /// Signing in: no account has this address, or its password is another. Which of them is not told.
    InvalidCredentials,
    /// Refreshing: the token is none of ours, was used before, or its session is over. Which of them is not told.
    RefreshTokenInvalid,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::EmailTaken => {
                Self::conflict("email_taken", "There is an account with this address; sign in instead.")
            }
            Error::InvalidCredentials => {
                Self::not_authenticated("invalid_credentials", "The e-mail address or the password is wrong.")
            }
            Error::RefreshTokenInvalid => {
                Self::not_authenticated("refresh_token_invalid", "The refresh token is not valid; sign in again.")
            }
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
