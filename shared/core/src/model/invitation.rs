//! An invitation to join an organisation, sent to an e-mail address.
//!
//! The row is there as long as the invitation is open: accepting, declining and revoking remove it, in the transaction of their event, and
//! it expires after seven days. The mail's link carries a [`crate::access::InvitationToken`], which is derived from the ids and stored
//! nowhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::account_email::AccountEmail;
use super::link::LinkPurpose;
use crate::access::Role;
use crate::clock::Timestamp;
use crate::encoding::shortened;
use crate::id::{InvitationId, OrganizationId, UserId};
use crate::store::{Entity, Indexes, Key};

/// An open invitation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The invitation's id.
    pub id: InvitationId,
    /// The organisation to join.
    pub organization_id: OrganizationId,
    /// The e-mail address it is sent to, as it was entered, trimmed.
    pub address: String,
    /// What the person will be there.
    pub role: Role,
    /// Who invites.
    pub invited_by: UserId,
    /// When they did.
    pub created_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address is somebody's who has not even joined: it appears in no log.
        formatter.debug_struct("Invitation").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Invitation {
    /// An invitation of now.
    pub fn new(
        id: InvitationId,
        organization: OrganizationId,
        address: &str,
        role: Role,
        invited_by: UserId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            organization_id: organization,
            address: address.trim().to_owned(),
            role,
            invited_by,
            created_at: now,
            sent_at: now,
            expires_at: now.plus(LinkPurpose::Invitation.lifetime()),
        }
    }

    /// The partition of an organisation's invitations.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#INVITATION")
    }

    /// Where an invitation lies.
    pub fn key_of(organization: OrganizationId, invitation: InvitationId) -> Key {
        Key::new(Self::partition(organization), invitation.to_string())
    }

    /// Whether it can still be accepted.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// Whether it was sent to this address, in whatever spelling.
    pub fn is_to(&self, address: &str) -> bool {
        AccountEmail::normalize(&self.address) == AccountEmail::normalize(address)
    }

    /// The invitation sent once more: it is open for as long as a new one.
    #[must_use]
    pub fn sent_again(&self, now: Timestamp) -> Self {
        Self { sent_at: now, expires_at: now.plus(LinkPurpose::Invitation.lifetime()), ..self.clone() }
    }
}

impl Entity for Invitation {
    const TYPE: &'static str = "invitation";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

/// The marker that keeps an organisation to one open invitation of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvitedAddress {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// A digest of the address, so that the key shows none.
    pub digest: String,
    /// The invitation.
    pub invitation_id: InvitationId,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

impl InvitedAddress {
    /// The marker of an invitation.
    pub fn of(invitation: &Invitation) -> Self {
        Self {
            organization_id: invitation.organization_id,
            digest: Self::digest(&invitation.address),
            invitation_id: invitation.id,
            expires_at: invitation.expires_at,
        }
    }

    /// Where the marker of this address lies.
    pub fn key_of(organization: OrganizationId, address: &str) -> Key {
        Key::new(Self::partition(organization), Self::digest(address))
    }

    /// The partition of an organisation's markers.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#INVITED_ADDRESS")
    }

    fn digest(address: &str) -> String {
        shortened(Sha256::digest(AccountEmail::normalize(address).as_bytes()), 16)
    }
}

impl Entity for InvitedAddress {
    const TYPE: &'static str = "invitedAddress";

    fn key(&self) -> Key {
        Key::new(Self::partition(self.organization_id), self.digest.clone())
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_marker_however_it_is_spelt() {
        let (organization, id, user) =
            (ulid::Ulid::from(1).into(), ulid::Ulid::from(2).into(), ulid::Ulid::from(3).into());
        let now = Timestamp::from_seconds(1_800_000_000);
        let invitation = Invitation::new(id, organization, " Grace@Cobol.example ", Role::Member, user, now);
        let marker = InvitedAddress::of(&invitation);
        assert_eq!(marker.key(), InvitedAddress::key_of(organization, "grace@cobol.example"));
        assert!(!format!("{marker:?} {invitation:?}").to_lowercase().contains("cobol"));
        assert!(invitation.is_to("GRACE@cobol.example") && !invitation.is_to("ada@cobol.example"));
        assert!(invitation.is_open(now) && !invitation.is_open(invitation.expires_at));
    }
}
