//! An address that gets no more campaigns of an organisation, since whoever reads it said so.
//!
//! The row follows from the address and not from a lead: it outlives the lead, and counts for one that is imported anew.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::account_email::AccountEmail;
use crate::clock::Timestamp;
use crate::encoding::shortened;
use crate::id::{OrganizationId, TaskId};
use crate::store::{Entity, Key};

/// "This address is not written to."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressedAddress {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// A digest of the address ([`SuppressedAddress::digest`]): the row shows none.
    pub digest: String,
    /// The campaign by whose mail they unsubscribed.
    pub task_id: TaskId,
    /// When.
    pub at: Timestamp,
}

impl SuppressedAddress {
    /// The digest of an address, in whatever spelling: 128 bits in hexadecimal.
    pub fn digest(address: &str) -> String {
        shortened(Sha256::digest(AccountEmail::normalize(address).as_bytes()), 16)
    }

    /// The partition of an organisation's suppressed addresses.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#SUPPRESSED_ADDRESS")
    }

    /// Where the row of the address with this digest lies.
    pub fn key_of(organization: OrganizationId, digest: &str) -> Key {
        Key::new(Self::partition(organization), digest)
    }

    /// Where the row of this address lies.
    pub fn key_of_address(organization: OrganizationId, address: &str) -> Key {
        Self::key_of(organization, &Self::digest(address))
    }
}

impl Entity for SuppressedAddress {
    const TYPE: &'static str = "suppressedAddress";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, &self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_row_however_it_is_spelt_and_shows_in_none() {
        let (organization, task_id) = (ulid::Ulid::from(1).into(), ulid::Ulid::from(2).into());
        let digest = SuppressedAddress::digest(" Grace@Cobol.example ");
        let at = Timestamp::from_seconds(1_800_000_000);
        let row = SuppressedAddress { organization_id: organization, digest, task_id, at };
        assert_eq!(row.key(), SuppressedAddress::key_of_address(organization, "grace@cobol.example"));
        assert!(!format!("{row:?}").to_lowercase().contains("cobol"));
    }
}
