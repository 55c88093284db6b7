//! `POST /api/unipile/webhook` (version 1) and `POST /api/unipile/v2/webhook`

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde_json::Value;
use shared::http::RawBody;
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::trace::Trace;
use vendors::unipile::{SECRET_HEADER, SIGNATURE_HEADER, verify, verify_secret};

use crate::receive::{Receipt, document, id_of, name, proof, store};
use crate::{Deps, Error};

/// Take an event of Unipile's, version 1, in. These are not signed: the header is one that was set when the webhook was created.
#[utoipa::path(
    post, path = "/api/unipile/webhook", operation_id = "receiveUnipileEvent", tag = "webhooks",
    params(("X-Webhook-Secret" = String, Header, description = "The secret that was set when the webhook was created.")),
    request_body(content = serde_json::Value, description = "The event, at most 256 KiB."),
    responses(
        (status = 200, description = "The event is stored.", body = Receipt),
        (status = 400, description = "`signature_invalid`: the event is none of Unipile's."),
        (status = 503, description = "`webhooks_not_configured`: the platform has no secret for Unipile's webhooks."),
    )
)]
pub(crate) async fn receive_unipile_event(
    State(deps): State<Deps>,
    trace: Trace,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Receipt>, Error> {
    if deps.secrets.unipile.is_empty() {
        return Err(Error::NotConfigured("UNIPILE_WEBHOOK_SECRET"));
    }
    verify_secret(&deps.secrets.unipile, proof(&headers, SECRET_HEADER)?)?;
    let (text, value) = document(&body)?;
    let (kind, id) = first_version(&text, &value);
    let event = InboundEvent::new(Provider::Unipile, id, kind, trace, deps.services.clock.now());
    store(&deps.services, InboundEvent { body: Some(text), ..event }).await
}

/// Take an event of Unipile's, version 2, in.
#[utoipa::path(
    post, path = "/api/unipile/v2/webhook", operation_id = "receiveSignedUnipileEvent", tag = "webhooks",
    params(("Unipile-Signature" = String, Header, description = "`t=<seconds>,v0=<HMAC-SHA256 of t, a full stop and the body>`.")),
    request_body(content = serde_json::Value, description = "The event, at most 256 KiB."),
    responses(
        (status = 200, description = "The event is stored.", body = Receipt),
        (status = 400, description = "`signature_invalid`: the event is none of Unipile's, or of another time."),
        (status = 503, description = "`webhooks_not_configured`: the platform has no secret for Unipile's webhooks."),
    )
)]
pub(crate) async fn receive_signed_unipile_event(
    State(deps): State<Deps>,
    trace: Trace,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Receipt>, Error> {
    if deps.secrets.unipile_signing.is_empty() {
        return Err(Error::NotConfigured("UNIPILE_SIGNING_SECRET"));
    }
    let now = deps.services.clock.now();
    verify(&deps.secrets.unipile_signing, proof(&headers, SIGNATURE_HEADER)?, &body, now)?;
    let (text, value) = document(&body)?;
    let id = name(value.get("id")).ok_or(Error::NotAnEvent("the event has no id"))?;
    let kind = name(value.get("type")).unwrap_or_else(|| "unknown".to_owned());
    let event = InboundEvent::new(Provider::Unipile, id, kind, trace, now);
    store(&deps.services, InboundEvent { body: Some(text), ..event }).await
}

/// The kind of an event of version 1, and what makes it the same when it comes again: a message and a connection are told of once, a
/// state of an account as often as it has it, so that of those only the very same delivery is the same.
fn first_version(text: &str, value: &Value) -> (String, String) {
    let part = |name: &str| value.get(name).and_then(Value::as_str);
    let kind = match name(value.get("event")) {
        Some(kind) => kind,
        None if value.get("AccountStatus").is_some() => "account_status".to_owned(),
        None => "unknown".to_owned(),
    };
    let account = part("account_id").unwrap_or_default();
    let id = match (kind.as_str(), part("message_id"), part("user_provider_id")) {
        ("message_received", Some(message), _) => id_of(&[&kind, account, message]),
        ("new_relation", _, Some(person)) => id_of(&[&kind, account, person]),
        _ => id_of(&[text]),
    };
    (kind, id)
}
