//! Answers with a fixed shape: the types, their JSON schemas, and the call that returns them checked.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Ai, AiError, CompletionRequest, Usage};
use crate::telemetry::{Measures, Metric};

/// LinkedIn's limit for the text of a post, in characters.
pub const POST_TEXT_LIMIT: usize = 3_000;
/// The most hashtags that a post may have; more looks like spam.
pub const HASHTAG_LIMIT: usize = 10;
const HASHTAG_LENGTH_LIMIT: usize = 50;
const SUBJECT_LIMIT: usize = 150;
const BODY_LIMIT: usize = 5_000;
const NEXT_STEP_LIMIT: usize = 400;

/// A type that a model can be asked to answer with.
pub trait StructuredOutput: DeserializeOwned {
    /// The JSON schema, within the subset that providers accept for strict output (all properties required, no others).
    fn schema() -> Value;

    /// Checks what the type alone does not say.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, without quoting the value.
    fn check(&self) -> Result<(), String>;
}

/// A checked answer and what it used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structured<T> {
    /// The answer.
    pub value: T,
    /// What it used.
    pub usage: Usage,
    /// The model that answered.
    pub model: String,
}

/// Asks for an answer of type `T`. The schema is added when the request has none.
///
/// # Errors
///
/// Those of [`Ai::complete`], and [`AiError::InvalidOutput`] when the answer is not a valid `T`.
pub async fn complete_structured<T: StructuredOutput>(
    ai: &dyn Ai,
    mut request: CompletionRequest,
) -> Result<Structured<T>, AiError> {
    request.response_schema.get_or_insert_with(T::schema);
    let completion = ai.complete(request).await?;
    let value = parse(&completion.content).map_err(|reason| {
        tracing::warn!(reason, metrics = %Measures::new().with(Metric::ModelFailures, 1), "the model's answer is not usable");
        AiError::InvalidOutput { reason, usage: completion.usage }
    })?;
    Ok(Structured { value, usage: completion.usage, model: completion.model })
}

/// Reads an answer. A Markdown code fence around the JSON is accepted, as models without strict output add one.
fn parse<T: StructuredOutput>(content: &str) -> Result<T, String> {
    let trimmed = content.trim();
    let unfenced = trimmed
        .strip_prefix("```json")
        .or_else(|| trimmed.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"))
        .unwrap_or(trimmed);
    // serde's message can quote the answer, and an answer is a user's text: only its kind and place are kept.
    let value: T = serde_json::from_str(unfenced)
        .map_err(|error| format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column()))?;
    value.check()?;
    Ok(value)
}

/// A follow-up e-mail to a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowUp {
    /// The subject, one line of at most 150 characters.
    pub subject: String,
    /// The plain text, at most 5,000 characters, with its salutation and signature.
    pub body: String,
    /// What the sender should do next and when, at most 400 characters.
    pub next_step: String,
}

impl StructuredOutput for FollowUp {
    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "subject": {"type": "string", "description": "One line of at most 150 characters"},
                "body": {"type": "string", "description": "At most 150 words, with salutation and signature"},
                "nextStep": {"type": "string", "description": "What the sender should do next and when, one sentence"}
            },
            "required": ["subject", "body", "nextStep"],
            "additionalProperties": false
        })
    }

    fn check(&self) -> Result<(), String> {
        check_text("subject", &self.subject, SUBJECT_LIMIT)?;
        check_text("body", &self.body, BODY_LIMIT)?;
        check_text("nextStep", &self.next_step, NEXT_STEP_LIMIT)?;
        check_line("subject", &self.subject)
    }
}

/// An e-mail to many leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CampaignMessage {
    /// The subject, one line of at most 150 characters.
    pub subject: String,
    /// The plain text between greeting and signature, at most 5,000 characters.
    pub body: String,
}

impl StructuredOutput for CampaignMessage {
    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "subject": {"type": "string", "description": "One line of at most 150 characters"},
                "body": {"type": "string", "description": "At most 150 words, without greeting and without signature"}
            },
            "required": ["subject", "body"],
            "additionalProperties": false
        })
    }

    fn check(&self) -> Result<(), String> {
        check_text("subject", &self.subject, SUBJECT_LIMIT)?;
        check_text("body", &self.body, BODY_LIMIT)?;
        check_line("subject", &self.subject)
    }
}

/// A draft of a social media post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostDraft {
    /// The text without hashtags, at most 3,000 characters.
    pub text: String,
    /// At most ten hashtags of letters, digits and `_`, without the leading `#`.
    pub hashtags: Vec<String>,
}

impl StructuredOutput for PostDraft {
    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "text": {"type": "string", "description": "The post without hashtags, at most 1500 characters"},
                "hashtags": {
                    "type": "array",
                    "items": {"type": "string", "description": "Letters and digits only, without the leading #"},
                    "description": "Three to five hashtags"
                }
            },
            "required": ["text", "hashtags"],
            "additionalProperties": false
        })
    }

    fn check(&self) -> Result<(), String> {
        check_text("text", &self.text, POST_TEXT_LIMIT)?;
        if self.hashtags.len() > HASHTAG_LIMIT {
            return Err(format!("hashtags holds more than {HASHTAG_LIMIT} entries"));
        }
        let well_formed = |tag: &String| {
            !tag.is_empty()
                && tag.chars().count() <= HASHTAG_LENGTH_LIMIT
                && tag.chars().all(|character| character.is_alphanumeric() || character == '_')
        };
        if !self.hashtags.iter().all(well_formed) {
            return Err("hashtags holds an entry that is not a plain word".to_owned());
        }
        Ok(())
    }
}

/// A line break in a subject would become a header of its own.
fn check_line(name: &str, text: &str) -> Result<(), String> {
    if text.chars().any(char::is_control) {
        return Err(format!("{name} holds control characters"));
    }
    Ok(())
}

fn check_text(name: &str, text: &str, limit: usize) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("{name} is empty"));
    }
    if text.chars().count() > limit {
        return Err(format!("{name} is longer than {limit} characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fenced_answer_is_read() {
        let fenced = "```json\n{\"text\": \"Hello\", \"hashtags\": [\"Startups\"]}\n```";
        assert_eq!(parse::<PostDraft>(fenced).unwrap().hashtags, ["Startups"]);
    }

    #[test]
    fn what_does_not_fit_is_named_without_quoting_it() {
        for (content, expected) in [
            ("private words", "Syntax error at line 1 column 1"),
            ("{\"text\": \"private\"}", "Data error at line 1 column 19"),
            ("{\"text\": \" \", \"hashtags\": []}", "text is empty"),
            ("{\"text\": \"x\", \"hashtags\": [\"#no\"]}", "hashtags holds an entry that is not a plain word"),
        ] {
            assert_eq!(parse::<PostDraft>(content).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_subject_cannot_carry_a_header() {
        let value = FollowUp { subject: "Hi\nBcc: x@y.z".to_owned(), body: "b".to_owned(), next_step: "n".to_owned() };
        assert_eq!(value.check().unwrap_err(), "subject holds control characters");
    }
}
