//! How much an organisation keeps in files, against its plan.

use serde::{Deserialize, Serialize};

use crate::id::OrganizationId;
use crate::plan::Plan;
use crate::store::{Entity, Key, Update};

/// What an organisation keeps. A file counts from its announcement to its removal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Storage {
    pk: String,
    sk: String,
    /// Bytes of all files.
    pub bytes: i64,
    /// How many files.
    pub files: i64,
}

impl Storage {
    /// Where the sum lies.
    pub fn key_of(organization: OrganizationId) -> Key {
        Key::new(format!("ORG#{organization}"), "STORAGE")
    }

    /// Reserves room for a file; its condition fails where the plan has no such room left.
    pub fn reserve(organization: OrganizationId, bytes: u32, plan: &Plan) -> Update {
        let room = i64::try_from(plan.storage_bytes()).unwrap_or(i64::MAX).saturating_sub(i64::from(bytes));
        Self::moved(organization, i64::from(bytes), 1).only_if_at_most("bytes", room)
    }

    /// Gives the room of a file back.
    pub fn release(organization: OrganizationId, bytes: u32) -> Update {
        Self::moved(organization, i64::from(bytes).saturating_neg(), -1)
    }

    fn moved(organization: OrganizationId, bytes: i64, files: i64) -> Update {
        Update::new(Self::key_of(organization), Self::TYPE).add("bytes", bytes).add("files", files)
    }
}

impl Entity for Storage {
    const TYPE: &'static str = "storage";

    fn key(&self) -> Key {
        Key::new(&*self.pk, &*self.sk)
    }
}
