//! The answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Error, Evidence};

const TABLE: &str = include_str!("../answers.toml");

/// What there is to say to a requirement.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Answer {
    /// It is met.
    #[serde(rename_all = "snake_case")]
    Met {
        /// How.
        how: String,
        /// What shows it: a test, a step of `.ci/run`, or the part of a page where the requirement is one of documentation.
        shown_by: Vec<Evidence>,
    },
    /// There is nothing it could apply to.
    NotApplicable {
        /// Why.
        not_applicable: String,
    },
    /// It is not met, or not shown.
    Open {
        /// What is missing.
        open: String,
    },
}

/// All of them, by the requirement's id.
///
/// # Errors
/// When the file is not of this form.
pub fn answers() -> Result<BTreeMap<String, Answer>, Error> {
    Ok(toml::from_str(TABLE)?)
}
