//! What a person may say of an endpoint.

use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::problem::{FieldProblem, Problem};
use shared::reach::{Reach, URL_LENGTH_MAXIMUM};
use shared::services::Services;
use utoipa::ToSchema;

/// Where messages are sent to, and which.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WebhookDetails {
    /// Where messages are sent to: an https URL of a server of the public Internet.
    #[garde(length(chars, min = 1, max = URL_LENGTH_MAXIMUM))]
    #[schema(
        min_length = 1,
        max_length = 2048,
        pattern = r"^https://([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?$",
        example = "https://example.com/webhooks"
    )]
    pub(super) url: String,
    /// Which events it is told of: their types, or `task.*` for all of a kind. All events where there are none.
    #[garde(length(max = 50), inner(custom(is_event_type)))]
    #[schema(schema_with = events_schema)]
    #[serde(default)]
    pub(super) events: Vec<String>,
    /// Whether it is told of anything; it is unless this says no.
    #[garde(skip)]
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

const fn yes() -> bool {
    true
}

fn is_event_type(text: &str, _: &()) -> garde::Result {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphabetic());
    let fits = text.split_once('.').is_some_and(|(kind, name)| is_name(kind) && (name == "*" || is_name(name)));
    if fits && text.len() <= 100 {
        Ok(())
    } else {
        Err(garde::Error::new("must be a type of events such as task.completed, or task.*"))
    }
}

fn events_schema() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
    let event = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(100))
        .pattern(Some(r"^[A-Za-z]+\.([A-Za-z]+|\*)$"))
        .examples(["task.completed"]);
    let text =
        "Which events it is told of: their types, or `task.*` for all of a kind. All events where there are none.";
    ArrayBuilder::new().items(event).max_items(Some(50)).description(Some(text)).build()
}

impl WebhookDetails {
    /// Refuses an address that leads where no message may go.
    pub(super) fn check(&self, services: &Services) -> Result<(), Problem> {
        let checked = Reach::of(&services.config.environment).check(&self.url);
        checked.map_err(|message| Problem::invalid(vec![FieldProblem::new("url", message)]))
    }
}
