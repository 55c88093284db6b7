//! Who belongs to which organisation, and as what. It lies with the account, where every request looks it up.

use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::clock::Timestamp;
use crate::id::{OrganizationId, UserId};
use crate::store::{Entity, Indexes, Key, Listing, ListingIndex};

/// One person's membership in one organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The person.
    pub user_id: UserId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// Their role.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

impl Membership {
    /// What the sort keys of memberships begin with.
    pub const PREFIX: &'static str = "MEMBER#";

    /// The members of an organisation, by the ids of their accounts.
    pub fn listing(organization: OrganizationId) -> Listing {
        Listing::of_index_across("USER#", Self::members(organization))
    }

    fn members(organization: OrganizationId) -> String {
        format!("ORG#{organization}#MEMBER")
    }

    /// Where a membership lies.
    pub fn key_of(user: UserId, organization: OrganizationId) -> Key {
        Key::new(format!("USER#{user}"), format!("{}{organization}", Self::PREFIX))
    }
}

impl Entity for Membership {
    const TYPE: &'static str = "membership";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.organization_id)
    }

    fn indexes(&self) -> Indexes {
        let listing = ListingIndex { partition: Self::members(self.organization_id), sort: self.user_id.to_string() };
        Indexes { listing: Some(listing), ..Indexes::default() }
    }
}
