//! What can go wrong here.

use http::StatusCode;
use shared::problem::{FieldProblem, Problem};

/// An error of the auth function.
#[derive(Debug)]
pub enum Error {
    /// Registering: an account has this address.
    EmailTaken,
    /// Signing in: no account has this address, or its password is another. Which of them is not told.
    InvalidCredentials,
    /// Refreshing: the token is none of ours, was used before, or its session is over. Which of them is not told.
    RefreshTokenInvalid,
    /// Asking for a link that verifies an address: it is verified.
    EmailVerified,
    /// Changing what one signs in with: the password that was given again is another.
    PasswordWrong,
    /// Following a mail's link: it was used, ran out, or is none of ours. Which of them is not told.
    LinkInvalid,
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
            Error::EmailVerified => Self::conflict("email_verified", "The e-mail address is verified already."),
            Error::PasswordWrong => {
                Self::new(StatusCode::FORBIDDEN, "password_wrong", "The password is not this account's.")
            }
            Error::LinkInvalid => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "link_invalid",
                "The link was used, ran out, or is not ours; ask for another.",
            )
            .with_errors(vec![FieldProblem::new("token", "is not, or no longer, good")]),
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
