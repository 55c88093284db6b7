//! `POST /api/stripe/webhook` and `POST /stripe-webhook`

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use shared::http::RawBody;
use shared::trace::Trace;
use vendors::stripe::webhook::{Event, SIGNATURE_HEADER, verify};

use crate::receive::{Receipt, proof, store};
use crate::{Deps, Error};

/// Take an event of Stripe's in. It is stored once by its id and worked off later; an event of a type that is of no concern is stored too.
#[utoipa::path(
    post, path = "/api/stripe/webhook", operation_id = "receiveStripeEvent", tag = "webhooks",
    params(("Stripe-Signature" = String, Header, description = "`t=<seconds>,v1=<HMAC-SHA256 of t, a full stop and the body>`.")),
    request_body(content = serde_json::Value, description = "The event, at most 256 KiB."),
    responses(
        (status = 200, description = "The event is stored.", body = Receipt),
        (status = 400, description = "`signature_invalid`: the event is none of Stripe's, or of another time."),
        (status = 503, description = "`payments_not_configured`: the platform has no secret of Stripe's."),
    )
)]
pub(crate) async fn receive_stripe_event(
    State(deps): State<Deps>,
    trace: Trace,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Receipt>, Error> {
    receive(&deps, trace, &headers, &body).await
}

/// The same as `/api/stripe/webhook`, for endpoints that were entered at Stripe under this path.
#[utoipa::path(
    post, path = "/stripe-webhook", operation_id = "receiveStripeEventAtItsOtherPath", tag = "webhooks",
    params(("Stripe-Signature" = String, Header, description = "`t=<seconds>,v1=<HMAC-SHA256 of t, a full stop and the body>`.")),
    request_body(content = serde_json::Value, description = "The event, at most 256 KiB."),
    responses(
        (status = 200, description = "The event is stored.", body = Receipt),
        (status = 400, description = "`signature_invalid`: the event is none of Stripe's, or of another time."),
        (status = 503, description = "`payments_not_configured`: the platform has no secret of Stripe's."),
    )
)]
pub(crate) async fn receive_stripe_event_at_its_other_path(
    State(deps): State<Deps>,
    trace: Trace,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Receipt>, Error> {
    receive(&deps, trace, &headers, &body).await
}

async fn receive(deps: &Deps, trace: Trace, headers: &HeaderMap, body: &[u8]) -> Result<Json<Receipt>, Error> {
    if deps.secrets.stripe.is_empty() {
        return Err(Error::PaymentsNotConfigured);
    }
    let now = deps.services.clock.now();
    verify(&deps.secrets.stripe, proof(headers, SIGNATURE_HEADER)?, body, now)?;
    let event = Event::read(body).ok_or(Error::NotAnEvent("the body is no event of Stripe's API, version 1"))?;
    let row = payments::inbound(&event, trace, now).ok_or(Error::NotAnEvent("the event has no id of Stripe's"))?;
    store(&deps.services, row).await
}
