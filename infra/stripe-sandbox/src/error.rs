//! Refusals in Stripe's form.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// A refusal: its status and its body.
#[derive(Clone, Debug)]
pub(crate) struct Refusal(pub(crate) StatusCode, pub(crate) Value);

impl Refusal {
    fn new(status: StatusCode, kind: &str, code: Option<&str>, param: Option<&str>, message: &str) -> Self {
        let mut error = json!({"type": kind, "message": message});
        for (name, value) in [("code", code), ("param", param)] {
            if let (Some(object), Some(value)) = (error.as_object_mut(), value) {
                object.insert(name.to_owned(), json!(value));
            }
        }
        Self(status, json!({ "error": error }))
    }

    pub(crate) fn invalid(code: &str, param: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", Some(code), Some(param), message)
    }

    pub(crate) fn missing(param: &str) -> Self {
        let message = format!("Missing required param: {param}.");
        Self::invalid("parameter_missing", param, &message)
    }

    pub(crate) fn not_found(id: &str) -> Self {
        let message = format!("No such object: '{id}'");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", Some("resource_missing"), Some("id"), &message)
    }

    pub(crate) fn unknown_path(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", None, None, &message)
    }

    pub(crate) fn unauthenticated() -> Self {
        let message = "Invalid API Key provided";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", None, None, message)
    }

    pub(crate) fn other_parameters() -> Self {
        let message =
            "Keys for idempotent requests can only be used with the same parameters they were first used with.";
        Self::new(StatusCode::BAD_REQUEST, "idempotency_error", None, None, message)
    }

    pub(crate) fn declined(code: &str, decline_code: Option<&str>) -> Self {
        let mut refusal =
            Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", Some(code), None, "Your card was declined.");
        if let (Some(error), Some(decline)) = (refusal.1.get_mut("error").and_then(Value::as_object_mut), decline_code)
        {
            error.insert("decline_code".to_owned(), json!(decline));
        }
        refusal
    }
}
