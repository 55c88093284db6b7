//! What can go wrong here.

use http::StatusCode;
use shared::problem::Problem;

/// An error of the organisations function.
#[derive(Debug)]
pub enum Error {
    /// The caller is a member of as many organisations as one account may be.
    TooManyOrganizations,
    /// The organisation came with an account: it ends with it, and nobody else is in it.
    PersonalOrganization,
    /// The owner's role is not set like others.
    OwnersRole,
    /// An organisation is never without its owner.
    OwnerStays,
    /// The caller's role does not allow it, as it is by now.
    RoleTooLow,
    /// Somebody with this address is a member already.
    AlreadyMember,
    /// An invitation to this address is open.
    InvitationExists,
    /// The token is no open invitation's.
    InvitationInvalid,
    /// The invitation was sent to another address than the caller's.
    AnotherAddress,
    /// The organisation has as many endpoints as it may have.
    TooManyWebhooks,
    /// What any function can meet.
    Problem(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::TooManyOrganizations => {
                Self::conflict("too_many_organizations", "An account can be in 100 organisations; leave one first.")
            }
            Error::PersonalOrganization => Self::conflict(
                "personal_organization",
                "This organisation is your account's own. Create another one to work with others.",
            ),
            Error::OwnersRole => Self::conflict(
                "owners_role",
                "The owner's role changes only when they transfer the ownership to another member.",
            ),
            Error::OwnerStays => Self::conflict(
                "owner_stays",
                "An organisation is never without its owner: transfer the ownership first, or delete the organisation.",
            ),
            Error::RoleTooLow => {
                Self::forbidden("Your role in this organisation does not allow this; ask an admin or the owner.")
            }
            Error::AlreadyMember => {
                Self::conflict("already_member", "Somebody with this address is a member of the organisation already.")
            }
            Error::InvitationExists => Self::conflict(
                "invitation_exists",
                "An invitation to this address is open; send it again, or revoke it first.",
            ),
            Error::InvitationInvalid => Self::new(
                StatusCode::NOT_FOUND,
                "invitation_invalid",
                "This invitation was used, declined or revoked, or has expired; ask for a new one.",
            ),
            Error::AnotherAddress => Self::new(
                StatusCode::FORBIDDEN,
                "another_address",
                "This invitation was sent to another address; sign in with the account of that address.",
            ),
            Error::TooManyWebhooks => {
                Self::conflict("too_many_webhooks", "An organisation can have 10 endpoints; remove one first.")
            }
            Error::Problem(problem) => problem,
        }
    }
}

shared::function_error!(Error);
