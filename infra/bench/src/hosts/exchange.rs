//! An event and what has to come of it: a wrong answer that comes quickly is not measured.

use serde_json::Value;
use shared_lambda::Error;
use testkit::runtime_api::{FunctionError, function_url_event};

/// What a function answers.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// A response of this status.
    Status(u16),
    /// A report that all messages or records of a batch are done.
    WholeBatch,
    /// An error of this kind.
    Error(&'static str),
    /// Any success.
    Success,
}

/// An event and what has to come of it.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) event: Value,
    pub(super) expected: Expected,
}

impl Exchange {
    /// A request and its status.
    pub(super) fn request(method: &str, path: &str, token: Option<&str>, body: Option<&Value>, status: u16) -> Self {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("accept", "application/json")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        headers.extend(body.map(|_| ("content-type", "application/json")));
        let body = body.map(Value::to_string).unwrap_or_default();
        let event = function_url_event(method, path, &headers, body.as_bytes());
        Self { event, expected: Expected::Status(status) }
    }

    /// The same event for a program that answers anything.
    pub(super) fn for_empty(&self) -> Self {
        Self { event: self.event.clone(), expected: Expected::Success }
    }

    /// Fails unless this is the answer that was to come of the function `name`.
    pub(super) fn check(&self, name: &str, outcome: Result<Value, FunctionError>) -> Result<(), Error> {
        let is_right = match (&self.expected, &outcome) {
            (Expected::Status(status), Ok(answer)) => answer.get("statusCode") == Some(&Value::from(*status)),
            (Expected::WholeBatch, Ok(answer)) => {
                answer.get("batchItemFailures").and_then(Value::as_array).is_some_and(Vec::is_empty)
            }
            (Expected::Error(kind), Err(error)) => error.kind == *kind,
            (Expected::Success, outcome) => outcome.is_ok(),
            _ => false,
        };
        if is_right {
            Ok(())
        } else {
            Err(format!("{name}: expected {:?}, but this came: {outcome:?}", self.expected).into())
        }
    }
}
