//! Secrets Manager, as far as functions ask for their secrets at their start.

use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::confidential;

/// What every secret holds here.
pub(super) const VARIABLES: [(&str, &str); 1] = [("STRIPE_WEBHOOK_SECRET", "whsec_of_a_test")];

pub(super) fn router() -> Router {
    VARIABLES.iter().for_each(|(_, value)| confidential::remember(value));
    Router::new().fallback(get_secret_value)
}

async fn get_secret_value(headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let authorization = text("authorization");
    let is_signed = authorization.starts_with("AWS4-HMAC-SHA256 ")
        && authorization.contains("/secretsmanager/aws4_request")
        && authorization.contains("x-amz-target");
    if !is_signed || text("x-amz-target") != "secretsmanager.GetSecretValue" {
        return (StatusCode::BAD_REQUEST, Json(json!({"__type": "IncompleteSignatureException"})));
    }
    let secret = VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Value>();
    (StatusCode::OK, Json(json!({"SecretString": secret.to_string()})))
}
