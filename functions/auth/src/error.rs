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
    /// Presenting credentials within a session: the refresh token beside them is not the session's.
    RefreshTokenStale,
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
    /// Signing in with LinkedIn: nothing here says as which application.
    LinkedInNotConfigured,
    /// Coming back from LinkedIn: this browser did not begin, it is too late, or somebody came back already. Which of them is not told.
    LinkedInAttemptInvalid,
    /// Coming back from LinkedIn: it does not take the code.
    LinkedInCodeInvalid,
    /// Signing in with LinkedIn: nothing is linked, and LinkedIn knows no verified address.
    LinkedInEmailUnverified,
    /// Signing in with LinkedIn: the account of the address has not shown the address to be its own.
    AccountUnverified,
    /// Linking: the account's address is not verified.
    EmailUnverified,
    /// Linking: an identity of this provider is linked.
    IdentityLinked,
    /// Linking: the identity is another account's.
    IdentityTaken,
    /// Unlinking: nothing is linked.
    IdentityNotLinked,
    /// Unlinking: there is no password, so that nothing else would sign in.
    PasswordMissing,
    /// What any function can meet.
    Problem(Problem),
}

impl Error {
    /// Whether this is what an attempt came to, rather than that the table failed or was too busy for it.
    pub(crate) fn is_verdict(&self) -> bool {
        let is_the_tables = |status: StatusCode| status.is_server_error() || status == StatusCode::CONFLICT;
        !matches!(self, Self::Problem(problem) if is_the_tables(problem.status()))
    }
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
            Error::RefreshTokenStale => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "refresh_token_stale",
                "The refresh token is not the one that this session has now; take that of the last answer.",
            )
            .with_errors(vec![FieldProblem::new("refreshToken", "is not, or no longer, this session's")]),
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
            Error::LinkedInNotConfigured => Self::new(
                StatusCode::NOT_FOUND,
                "linkedin_not_configured",
                "This platform does not sign in with LinkedIn.",
            ),
            Error::LinkedInAttemptInvalid => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "linkedin_attempt_invalid",
                "This was not begun in this browser, took too long, or was completed already; begin again.",
            )
            .with_errors(vec![FieldProblem::new("state", "is not, or no longer, good with this verifier")]),
            Error::LinkedInCodeInvalid => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "linkedin_code_invalid",
                "LinkedIn does not take the code; begin again.",
            )
            .with_errors(vec![FieldProblem::new("code", "is used up, too old, or another's")]),
            Error::LinkedInEmailUnverified => Self::conflict(
                "linkedin_email_unverified",
                "LinkedIn tells no verified address of yours. Register here, and link LinkedIn to your account then.",
            ),
            Error::AccountUnverified => Self::conflict(
                "account_unverified",
                "An account has your address and has not verified it. Reset its password, which does, then sign in with LinkedIn.",
            ),
            Error::EmailUnverified => {
                Self::conflict("email_unverified", "Verify your account's address first, by the link in your mail.")
            }
            Error::IdentityLinked => Self::conflict(
                "identity_linked",
                "LinkedIn signs in to this account already; unlink that identity first.",
            ),
            Error::IdentityTaken => Self::conflict(
                "identity_taken",
                "This identity signs in to another account here; unlink it there first.",
            ),
            Error::IdentityNotLinked => {
                Self::conflict("identity_not_linked", "LinkedIn does not sign in to this account.")
            }
            Error::PasswordMissing => Self::conflict(
                "password_missing",
                "Nothing else would sign in to your account; set a password at /api/auth/password/change first.",
            ),
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
