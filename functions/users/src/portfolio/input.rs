//! An entry of a portfolio as a person writes it.

use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::id::{PortfolioEntryId, UserId};
use shared::model::portfolio_entry::PortfolioEntry;
use shared::text;
use utoipa::ToSchema;

use crate::input::is_web_address;

/// An entry of a portfolio as a whole. White space is tidied.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PortfolioEntryInput {
    /// What it is called.
    #[garde(custom(text::is_line), length(chars, max = 120))]
    #[schema(min_length = 1, max_length = 120, example = "The first compiler")]
    title: String,
    /// What it is.
    #[garde(inner(custom(text::is_text), length(chars, max = 2000)))]
    #[schema(min_length = 1, max_length = 2000)]
    #[serde(default)]
    description: Option<String>,
    /// Where it can be seen.
    #[garde(inner(custom(is_web_address)))]
    #[schema(format = "uri", min_length = 1, max_length = 500, example = "https://example.com/compiler")]
    #[serde(default)]
    url: Option<String>,
    /// In which year it was done.
    #[garde(inner(range(min = 1900, max = 2100)))]
    #[schema(minimum = 1900, maximum = 2100, example = 1952)]
    #[serde(default)]
    year: Option<u16>,
}

impl PortfolioEntryInput {
    /// The entry that it is.
    pub(crate) fn entry(
        &self,
        id: PortfolioEntryId,
        user_id: UserId,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> PortfolioEntry {
        PortfolioEntry {
            id,
            user_id,
            title: text::line(&self.title),
            description: self.description.as_deref().map(text::lines),
            url: self.url.clone(),
            year: self.year,
            created_at,
            updated_at,
        }
    }
}
