//! What a person may say of an organisation.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an organisation is called and does.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrganizationDetails {
    /// Its name.
    #[garde(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Analytical Engines"
    )]
    name: String,
    /// What it does.
    #[garde(inner(custom(shared::http::not_blank), custom(shared::http::one_line), length(chars, max = 100)))]
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
        example = "Computing"
    )]
    #[serde(default)]
    industry: Option<String>,
}

impl OrganizationDetails {
    /// The name as it is stored.
    pub(crate) fn name(&self) -> String {
        self.name.trim().to_owned()
    }

    /// What it does, as it is stored.
    pub(crate) fn industry(&self) -> Option<String> {
        self.industry.as_deref().map(|industry| industry.trim().to_owned())
    }
}
