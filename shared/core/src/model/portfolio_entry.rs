//! What a person has done and wants to show.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::{PortfolioEntryId, UserId};
use crate::store::{Entity, Key};

/// An entry of a person's portfolio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortfolioEntry {
    /// The entry's id.
    pub id: PortfolioEntryId,
    /// The person.
    pub user_id: UserId,
    /// What it is called.
    pub title: String,
    /// What it is.
    #[serde(default)]
    #[schema(required)]
    pub description: Option<String>,
    /// Where it can be seen.
    #[serde(default)]
    #[schema(required)]
    pub url: Option<String>,
    /// In which year it was done.
    #[serde(default)]
    #[schema(required)]
    pub year: Option<u16>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl PortfolioEntry {
    /// The partition of a person's portfolio.
    pub fn partition(user: UserId) -> String {
        format!("USER#{user}#PORTFOLIO")
    }

    /// Where an entry lies.
    pub fn key_of(user: UserId, entry: PortfolioEntryId) -> Key {
        Key::new(Self::partition(user), entry.to_string())
    }
}

impl Entity for PortfolioEntry {
    const TYPE: &'static str = "portfolioEntry";

    fn key(&self) -> Key {
        Self::key_of(self.user_id, self.id)
    }
}
