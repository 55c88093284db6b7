//! How the assistant speaks and acts for an organisation (CONTRACT "AI CEO configuration"). An organisation that never said has none, which
//! is the default.

use serde::{Deserialize, Serialize};

use crate::id::OrganizationId;
use crate::store::{Entity, Key, Store, StoreError};

/// The configuration of one organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AiConfiguration {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// What the assistant is like.
    #[serde(default)]
    pub personality: Option<String>,
    /// How it sounds.
    #[serde(default)]
    pub tone: Option<String>,
    /// What the organisation wants to reach, the most important first.
    #[serde(default)]
    pub goals: Vec<String>,
    /// The field to speak of, where that is another than the organisation's own.
    #[serde(default)]
    pub industry: Option<String>,
    /// Whether it may read emotions in texts. Nobody is read who did not ask for it.
    #[serde(default)]
    pub emotion_detection: bool,
}

impl AiConfiguration {
    /// The configuration of an organisation that never said.
    pub const fn default_of(organization: OrganizationId) -> Self {
        Self {
            organization_id: organization,
            personality: None,
            tone: None,
            goals: Vec::new(),
            industry: None,
            emotion_detection: false,
        }
    }

    /// Where a configuration lies.
    pub fn key_of(organization: OrganizationId) -> Key {
        Key::new(format!("ORG#{organization}"), "AI_CONFIGURATION")
    }

    /// What an organisation said, or the default; one read.
    pub async fn read(store: &Store, organization: OrganizationId) -> Result<Self, StoreError> {
        let found = store.get::<Self>(&Self::key_of(organization)).await?;
        Ok(found.map_or_else(|| Self::default_of(organization), |found| found.value))
    }
}

impl Entity for AiConfiguration {
    const TYPE: &'static str = "aiConfiguration";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id)
    }
}
