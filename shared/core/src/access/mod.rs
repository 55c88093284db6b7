//! Who may do what: tokens, live sessions, roles.
//!
//! A handler takes a [`Principal`], an [`OrganizationAccess`] or a [`PlatformAccess`] as an argument and thereby declares what its caller
//! must be; the extractor has verified the token, the session and the membership before the handler's first line. Keys are built from
//! what these hold, so that a handler cannot reach into another tenant's partition.

mod cache;
mod extract;
mod invitation_token;
mod keys;
mod link;
mod token;
mod unsubscribe_token;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use cache::AccessCache;
pub use extract::{
    Admin, Leaver, Member, OrganizationAccess, Owner, PlatformAccess, PlatformAdmin, PlatformRequirement, Principal,
    Restorer, RoleRequirement, Support, TOKEN_SECURITY,
};
pub use invitation_token::InvitationToken;
pub use keys::KeyRing;
pub use link::{LinkSecrets, LinkToken};
pub use token::{AccessToken, Claims, NewKey, TokenIssuer};
pub use unsubscribe_token::UnsubscribeToken;

/// What a member may do in an organisation (CONTRACT "roles"): owner > admin > member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// View, create tasks, use features.
    Member,
    /// Also invite, change roles, manage resources.
    Admin,
    /// Also delete the organisation and manage billing.
    Owner,
}

/// What somebody may do on the platform as a whole, apart from any organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PlatformRole {
    /// Reads what is needed to help people.
    Support,
    /// Everything support may, and changes.
    Admin,
}

impl std::str::FromStr for PlatformRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "admin" => Ok(Self::Admin),
            "support" => Ok(Self::Support),
            _ => Err("the platform roles are admin and support".to_owned()),
        }
    }
}
