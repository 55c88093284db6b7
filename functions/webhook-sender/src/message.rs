//! What an endpoint is sent.

use http::Request;
use http::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::event::Event;
use shared::model::webhook::Webhook;
use shared::problem::Problem;

/// The body: the event's type, its time, and what it is about with the organisation and who did it.
pub(crate) fn body(event: &Event) -> Result<String, Problem> {
    let fact = serde_json::to_value(&event.fact).map_err(Problem::internal)?;
    let mut data = fact.get("data").cloned().unwrap_or_else(|| json!({}));
    if let Value::Object(data) = &mut data {
        data.insert("organizationId".to_owned(), json!(event.organization_id));
        data.insert("actor".to_owned(), json!(event.actor));
    }
    Ok(json!({ "type": fact.get("type"), "timestamp": event.at, "data": data }).to_string())
}

/// The request: the body with its signatures. The message's id is the event's, however often it is sent.
pub(crate) fn request(webhook: &Webhook, event: &Event, now: Timestamp) -> Result<Request<Vec<u8>>, Problem> {
    let (id, body) = (event.id.to_string(), body(event)?);
    let request = Request::post(&webhook.url)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, "Groundwork-Webhooks/1")
        .header("webhook-signature", webhook.signatures(&id, now, &body))
        .header("webhook-timestamp", now.as_seconds().to_string())
        .header("webhook-id", id);
    request.body(body.into_bytes()).map_err(Problem::internal)
}
