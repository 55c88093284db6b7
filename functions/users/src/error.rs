//! What can go wrong here.

use http::StatusCode;
use shared::id::OrganizationId;
use shared::model::connection::{CONNECTIONS_MAXIMUM, Impossible};
use shared::model::profile::{PORTFOLIO_ENTRIES_MAXIMUM, SKILLS_MAXIMUM};
use shared::problem::Problem;

/// An error of the users function.
#[derive(Debug)]
pub enum Error {
    /// An account has this address.
    EmailTaken,
    /// It is for the person, or for operators of the platform.
    NotYours,
    /// It cannot be done about oneself.
    Yourself,
    /// The caller presented their credentials too long ago for this.
    StepUpRequired,
    /// The account has no second factor.
    TotpOff,
    /// The account owns organisations that others are in; one of them.
    OwnsOrganization(OrganizationId),
    /// The account owns more organisations than end with it at once.
    TooManyOrganizations,
    /// There is no request of the other's to answer.
    NoRequest,
    /// The caller has blocked the other.
    Blocked,
    /// The caller is connected with as many people as may be.
    TooManyConnections,
    /// The other is connected with as many people as may be.
    OtherHasTooManyConnections,
    /// The caller is not connected with the person.
    NotConnected,
    /// The person names this skill already.
    SkillExists,
    /// The person names as many skills as may be.
    TooManySkills,
    /// The portfolio has as many entries as may be.
    PortfolioFull,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Impossible> for Error {
    fn from(impossible: Impossible) -> Self {
        match impossible {
            Impossible::NoRequest => Self::NoRequest,
            Impossible::Blocked => Self::Blocked,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::EmailTaken => Self::conflict("email_taken", "There is an account with this address."),
            Error::NotYours => Self::forbidden("This is for the person, and for operators of the platform."),
            Error::Yourself => Self::conflict("yourself", "This cannot be done about yourself."),
            Error::StepUpRequired => Self::new(
                StatusCode::FORBIDDEN,
                "step_up_required",
                "Present your credentials again at /api/auth/step-up, then repeat the request.",
            ),
            Error::TotpOff => Self::conflict("totp_off", "The account has no second factor."),
            Error::OwnsOrganization(id) => Self::conflict(
                "owns_organization",
                format!(
                    "The account owns the organisation {id}, which has other members: transfer it to one of them first."
                ),
            )
            .with_extension("organizationId", id),
            Error::TooManyOrganizations => Self::conflict(
                "too_many_organizations",
                "The account owns too many organisations to end them all at once; delete some first.",
            ),
            Error::NoRequest => Self::conflict("no_request", "There is no request of this person's to answer."),
            Error::Blocked => Self::conflict("blocked", "You have blocked this person; unblock them first."),
            Error::TooManyConnections => Self::conflict(
                "too_many_connections",
                format!("An account can have {CONNECTIONS_MAXIMUM} connections; remove one first."),
            ),
            Error::OtherHasTooManyConnections => Self::conflict(
                "other_has_too_many_connections",
                format!("This person has {CONNECTIONS_MAXIMUM} connections, and no room for more."),
            ),
            Error::NotConnected => {
                Self::forbidden("Only connections of this person may do this; ask to be connected first.")
            }
            Error::SkillExists => Self::conflict("skill_exists", "The profile has this skill already."),
            Error::TooManySkills => Self::conflict(
                "too_many_skills",
                format!("A profile can have {SKILLS_MAXIMUM} skills; remove one first."),
            ),
            Error::PortfolioFull => Self::conflict(
                "portfolio_full",
                format!("A portfolio can have {PORTFOLIO_ENTRIES_MAXIMUM} entries; remove one first."),
            ),
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
