//! Texts that must not show up in a log.

use std::borrow::Cow;
use std::fmt;

use garde::rules::length::bytes::HasBytes;
use garde::rules::length::chars::HasChars;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// A password or a token. It can be read and sent, but its `Debug` form tells nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

impl HasChars for Secret {
    fn num_chars(&self) -> usize {
        self.0.chars().count()
    }
}

impl HasBytes for Secret {
    fn num_bytes(&self) -> usize {
        self.0.len()
    }
}

/// In the OpenAPI document it is a text.
impl PartialSchema for Secret {
    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

impl ToSchema for Secret {
    fn name() -> Cow<'static, str> {
        String::name()
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn its_debug_form_tells_nothing() {
        assert_eq!(format!("{:?}", Secret::from("correct horse".to_owned())), "Secret");
    }
}
