//! CloudFormation's intrinsic functions, as far as names need them.

use serde_yaml_ng::Value;

use super::{STAGE, Template, TemplateError, fault};
use crate::ACCOUNT;

/// A name that may be `!Sub` with the stage or the domain of its mail in it; the logical id where none is given.
pub(super) fn name(value: Option<&Value>, logical_id: &str) -> String {
    match value {
        Some(Value::Tagged(tagged)) => substituted(tagged.value.as_str().unwrap_or(logical_id)),
        Some(Value::String(text)) => text.clone(),
        _ => logical_id.to_owned(),
    }
}

fn substituted(text: &str) -> String {
    text.replace("${Stage}", STAGE)
        .replace("${AWS::AccountId}", ACCOUNT)
        .replace("${EmailDomain}", "groundwork.example")
}

/// The logical id that `!Ref X` or `!GetAtt X.Arn` means.
pub(super) fn referenced(value: &Value) -> Option<String> {
    let Value::Tagged(tagged) = value else { return None };
    let text = tagged.value.as_str()?;
    Some(text.split('.').next().unwrap_or(text).to_owned())
}

impl Template {
    /// The local value of a variable: text, number, or a reference to a table, a queue, a bucket or a parameter.
    pub(super) fn resolve(&self, value: &Value, place: &str) -> Result<String, TemplateError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Tagged(tagged) if tagged.tag == "Sub" => Ok(substituted(tagged.value.as_str().unwrap_or_default())),
            Value::Tagged(_) => {
                let id = referenced(value).unwrap_or_default();
                let names = [
                    self.tables.get(&id).map(|table| &table.name),
                    self.queues.get(&id).map(|queue| &queue.name),
                    self.buckets.get(&id),
                ];
                match (names.into_iter().flatten().next(), id.as_str()) {
                    (Some(name), _) => Ok(name.clone()),
                    (.., "Stage") => Ok(STAGE.to_owned()),
                    (.., "FrontendUrl" | "StripePrices") => Ok(String::new()),
                    // Where a function answers, its host knows.
                    (.., url) if url.ends_with("FunctionUrl") => Ok(String::new()),
                    _ => {
                        Err(fault(format!("{place} refers to {id}, which is neither a table nor a queue nor a bucket")))
                    }
                }
            }
            _ => Err(fault(format!("{place} is not a value"))),
        }
    }
}
