//! A venture: what an organisation is building.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{OrganizationId, UserId, VentureId};
use crate::problem::Problem;
use crate::store::{Entity, Key, Listing, Store};

/// How far a venture has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VentureStage {
    /// A problem and a guess at its solution.
    Idea,
    /// Something to show.
    Prototype,
    /// Something people use.
    Mvp,
    /// Open to everybody.
    Launched,
    /// Growing.
    Growth,
    /// Repeating what works at scale.
    Scale,
}

/// A venture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Venture {
    /// The venture's id.
    pub id: VentureId,
    /// The organisation it belongs to.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: String,
    /// How far it has come.
    pub stage: VentureStage,
    /// What field it is in.
    pub category: String,
    /// What it does.
    pub description: String,
    /// Who created it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

impl Venture {
    /// The partition of an organisation's ventures.
    pub fn partition(organization: OrganizationId) -> String {
        format!("ORG#{organization}#VENTURE")
    }

    /// What an organisation says its newest venture does, for the AI port; one read.
    pub async fn newest_description(store: &Store, organization: OrganizationId) -> Result<Option<String>, Problem> {
        let listing = Listing::of_partition(Self::partition(organization)).newest_first().limit(1);
        let page = store.list::<Self>(&listing, None).await?;
        Ok(page.data.into_iter().next().map(|venture| venture.value.description))
    }

    /// Where a venture lies.
    pub fn key_of(organization: OrganizationId, venture: VentureId) -> Key {
        Key::new(Self::partition(organization), venture.to_string())
    }
}

impl Entity for Venture {
    const TYPE: &'static str = "venture";

    fn key(&self) -> Key {
        Self::key_of(self.organization_id, self.id)
    }
}
