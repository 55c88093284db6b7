//! A lead as a person writes it: the values that a file may have, under the same limits.

use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::model::lead::{LeadDetails, LeadPriority, LeadStatus};
use utoipa::ToSchema;

use crate::import::NOTES_LIMIT;
use crate::import::text::{is_nothing, multi_line, single_line};
use crate::import::values::{self, NAME_LIMIT, Reading, SOURCE_LIMIT, too_long};

/// What is known about a lead. White space is tidied, e-mail addresses are kept in lower case, LinkedIn profiles in their one form.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LeadInput {
    /// The person's name, or the company's where no person is known.
    #[garde(custom(name_rule))]
    #[schema(min_length = 1, max_length = 200, example = "Ada Lovelace")]
    name: String,
    /// Their e-mail address.
    #[garde(inner(custom(email_rule)))]
    #[schema(min_length = 1, max_length = 254, format = Email, example = "ada@example.com")]
    #[serde(default)]
    email: Option<String>,
    /// Where they work.
    #[garde(inner(custom(name_rule)))]
    #[schema(min_length = 1, max_length = 200, example = "Analytical Engines")]
    #[serde(default)]
    company: Option<String>,
    /// As what.
    #[garde(inner(custom(name_rule)))]
    #[schema(min_length = 1, max_length = 200, example = "Founder")]
    #[serde(default)]
    title: Option<String>,
    /// Their telephone number; it is kept as it is written.
    #[garde(inner(custom(phone_rule)))]
    #[schema(min_length = 1, max_length = 50, example = "+44 20 7946 0000")]
    #[serde(default)]
    phone: Option<String>,
    /// Their LinkedIn profile.
    #[garde(inner(custom(linkedin_rule)))]
    #[schema(min_length = 1, max_length = 500, example = "https://www.linkedin.com/in/ada-lovelace")]
    #[serde(default)]
    linkedin_url: Option<String>,
    /// Where the lead came from.
    #[garde(inner(custom(source_rule)))]
    #[schema(min_length = 1, max_length = 100, example = "Referral")]
    #[serde(default)]
    source: Option<String>,
    /// Where the lead stands.
    #[garde(skip)]
    #[serde(default)]
    status: LeadStatus,
    /// How much it matters.
    #[garde(skip)]
    #[serde(default)]
    priority: LeadPriority,
    /// When somebody last spoke to them.
    #[garde(skip)]
    #[serde(default)]
    last_contacted_at: Option<Timestamp>,
    /// What else is known.
    #[garde(inner(custom(notes_rule)))]
    #[schema(min_length = 1, max_length = 10_000)]
    #[serde(default)]
    notes: Option<String>,
}

impl LeadInput {
    /// The values as they are stored.
    pub(crate) fn details(&self) -> LeadDetails {
        let tidy = |text: &Option<String>, read: fn(&str) -> Reading<String>| {
            text.as_deref().and_then(|text| value(read(text)))
        };
        LeadDetails {
            name: value(name(&self.name)).unwrap_or_default(),
            email: tidy(&self.email, email),
            company: tidy(&self.company, name),
            title: tidy(&self.title, name),
            phone: tidy(&self.phone, phone),
            linkedin_url: tidy(&self.linkedin_url, linkedin),
            source: tidy(&self.source, source),
            status: self.status,
            priority: self.priority,
            last_contacted_at: self.last_contacted_at,
            notes: tidy(&self.notes, notes),
        }
    }
}

fn name(text: &str) -> Reading<String> {
    values::line_of(NAME_LIMIT)(&single_line(text))
}

fn email(text: &str) -> Reading<String> {
    values::email(&single_line(text))
}

fn phone(text: &str) -> Reading<String> {
    values::phone(&single_line(text))
}

fn linkedin(text: &str) -> Reading<String> {
    values::linkedin(&single_line(text))
}

fn source(text: &str) -> Reading<String> {
    values::line_of(SOURCE_LIMIT)(&single_line(text))
}

fn notes(text: &str) -> Reading<String> {
    let text = multi_line(text);
    if is_nothing(&text) {
        Reading::Nothing
    } else if text.chars().count() > NOTES_LIMIT {
        Reading::Wrong(too_long(NOTES_LIMIT))
    } else {
        Reading::Value(text)
    }
}

fn value(reading: Reading<String>) -> Option<String> {
    if let Reading::Value(value) = reading { Some(value) } else { None }
}

fn judged(reading: Reading<String>) -> garde::Result {
    let message = match reading {
        Reading::Value(_) => return Ok(()),
        Reading::Wrong(message) => message,
        Reading::Nothing => "says nothing; leave the field out where there is no value".to_owned(),
        Reading::OneOf(_) => "holds several values; send one".to_owned(),
        Reading::Other => "is not the address of a person's profile, such as linkedin.com/in/name".to_owned(),
    };
    Err(garde::Error::new(message))
}

macro_rules! rules {
    ($($rule:ident = $read:ident),+) => {$(
        fn $rule(text: &str, _: &()) -> garde::Result {
            judged($read(text))
        }
    )+};
}

rules!(
    name_rule = name,
    email_rule = email,
    phone_rule = phone,
    linkedin_rule = linkedin,
    source_rule = source,
    notes_rule = notes
);
