//! What can go wrong here.

use http::StatusCode;
use shared::problem::{FieldProblem, Problem};

use crate::challenge;
use crate::secret::Secret;

/// An error of the auth function.
#[derive(Debug)]
#[expect(private_interfaces, reason = "a challenge is given to the caller and to nobody who holds the error")]
pub enum Error {
    /// Registering: an account has this address.
    EmailTaken,
    /// Signing in: no account has this address, or its password is another. Which of them is not told.
    InvalidCredentials,
    /// Refreshing: the token is none of ours, was used before, or its session is over. Which of them is not told.
    RefreshTokenInvalid,
    /// Signing in: the password is right, and this challenge is to be answered with the second factor.
    TotpRequired(Secret),
    /// Signing in with a second factor: the challenge is none of ours, or its time is over.
    ChallengeInvalid,
    /// Signing in with a second factor: the code is not right now, or was used.
    SecondFactorWrong,
    /// Presenting the password within a session: it is another.
    PasswordWrong,
    /// Presenting a code within a session: it is not right now, or was used.
    CodeWrong,
    /// Something sensitive, in a session in which no credentials were presented lately.
    StepUpRequired,
    /// The second factor is on already.
    TotpOn,
    /// There is no second factor.
    TotpOff,
    /// The caller has no such session that lives.
    NoSuchSession,
    /// Asking for a link that verifies an address: it is verified.
    EmailVerified,
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
            Error::TotpRequired(challenge) => {
                let detail = "Now send a code of your authenticator with `challenge` to /api/auth/login/totp.";
                Self::not_authenticated("totp_required", detail)
                    .with_extension("challenge", challenge.reveal())
                    .with_extension("expiresIn", challenge::LIFETIME.as_secs())
            }
            Error::ChallengeInvalid => {
                Self::not_authenticated("challenge_invalid", "The challenge is not valid any more; sign in again.")
            }
            Error::SecondFactorWrong => Self::not_authenticated(
                "code_wrong",
                "The code is wrong or was used; wait for the next one, or use a recovery code.",
            ),
            Error::PasswordWrong => {
                Self::new(StatusCode::FORBIDDEN, "password_wrong", "The password is not this account's.")
            }
            Error::CodeWrong => Self::new(
                StatusCode::FORBIDDEN,
                "code_wrong",
                "The code is wrong or was used; wait for the next one, and look at the device's clock.",
            ),
            Error::StepUpRequired => Self::new(
                StatusCode::FORBIDDEN,
                "step_up_required",
                "Present your credentials again at /api/auth/step-up, then repeat the request.",
            ),
            Error::TotpOn => Self::conflict("totp_on", "The second factor is on already; turn it off first."),
            Error::TotpOff => Self::conflict("totp_off", "There is no second factor; enrol an authenticator first."),
            Error::NoSuchSession => Self::not_found(),
            Error::EmailVerified => Self::conflict("email_verified", "The e-mail address is verified already."),
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
