//! One message: claim, send, record.

use std::time::Duration;

use http::StatusCode;
use shared::event::{Actor, Event, Fact};
use shared::model::organization::Organization;
use shared::model::webhook::Webhook;
use shared::model::webhook_delivery::WebhookDelivery;
use shared::queue::WebhookMessage;
use shared::reach::Reach;
use shared::store::{StoreError, Transaction, Versioned};
use shared_lambda::JobError;
use vendors::http::HttpError;

use crate::{Deps, message};

/// How long an endpoint may take to answer, as Standard Webhooks suggests it; below the lease of a delivery.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What came of an attempt.
enum Outcome {
    /// The endpoint took the message.
    Delivered(StatusCode),
    /// It wants no more messages (Standard Webhooks, "410 Gone").
    Gone,
    /// It did not, or was not asked; whether asking again can help.
    Failed { code: &'static str, status: Option<StatusCode>, repeatable: bool },
}

impl Outcome {
    /// Nobody is there to be asked.
    const fn given_up(code: &'static str) -> Self {
        Self::Failed { code, status: None, repeatable: false }
    }
}

/// Sends a delivery if it is due and nobody else is at it.
///
/// # Errors
/// [`JobError::Reject`] when a row cannot be read, [`JobError::Retry`] when the store fails. That the endpoint did not take the message is
/// an outcome, recorded with the delivery, and no error.
pub async fn deliver(deps: &Deps, message: WebhookMessage) -> Result<(), JobError> {
    let (store, clock) = (&deps.services.store, &deps.services.clock);
    let WebhookMessage { organization_id, delivery_id, .. } = message;
    let found = store.get::<WebhookDelivery>(&WebhookDelivery::key_of(organization_id, delivery_id)).await;
    // One that expired, or whose organisation was purged, needs nobody any more.
    let Some(found) = found.map_err(fault)? else { return Ok(()) };
    found.trace.record();
    let Some(claim) = found.claimed(deps.services.ids.next(), clock.now()) else { return Ok(()) };
    let Some(held) = store.replace(&found, claim).await.map_err(fault)? else { return Ok(()) };
    let outcome = attempt(deps, &held).await?;
    let now = clock.now();
    let next = match &outcome {
        Outcome::Delivered(status) => held.delivered(status.as_u16(), now),
        Outcome::Gone => held.attempt_failed("gone", Some(StatusCode::GONE.as_u16()), false, now),
        Outcome::Failed { code, status, repeatable } => {
            held.attempt_failed(code, status.map(|status| status.as_u16()), *repeatable, now)
        }
    };
    let (status, attempts, response, code) = (next.status, next.attempts, next.response_status, next.error.clone());
    if matches!(outcome, Outcome::Gone) {
        // First: should what follows fail, the message is sent again and gets the same answer.
        switch_off(deps, &held).await?;
    }
    let is_ours = store.replace(&held, next).await.map_err(fault)?.is_some();
    let code = code.unwrap_or_default();
    tracing::info!(delivery = %delivery_id, attempts, ?status, ?response, code, is_ours, "webhook handled");
    Ok(())
}

async fn attempt(deps: &Deps, delivery: &WebhookDelivery) -> Result<Outcome, JobError> {
    let organization_id = delivery.organization_id;
    let webhook_key = Webhook::key_of(organization_id, delivery.webhook_id);
    let event_key = Event::key_of(organization_id, delivery.event_id);
    let organization_key = Organization::key_of(organization_id);
    let keys = [webhook_key.clone(), event_key.clone(), organization_key.clone()];
    let mut items = deps.services.store.batch_get(&keys).await.map_err(fault)?;
    let organization = items.remove(&organization_key).map(Versioned::<Organization>::from_item).transpose();
    let webhook = items.remove(&webhook_key).map(Versioned::<Webhook>::from_item).transpose();
    let event = items.remove(&event_key).map(Versioned::<Event>::from_item).transpose();
    if !organization.map_err(fault)?.is_some_and(|organization| organization.is_there()) {
        return Ok(Outcome::given_up("organization_gone"));
    }
    let Some(webhook) = webhook.map_err(fault)?.filter(|webhook| webhook.enabled) else {
        return Ok(Outcome::given_up("webhook_gone"));
    };
    let Some(event) = event.map_err(fault)? else { return Ok(Outcome::given_up("event_gone")) };
    // What was allowed when it was entered may not be any more.
    if Reach::of(&deps.services.config.environment).check(&webhook.url).is_err() {
        return Ok(Outcome::given_up("address_refused"));
    }
    let request = message::request(&webhook, &event, deps.services.clock.now())?;
    Ok(match deps.http.send(request, TIMEOUT).await {
        Ok(answer) if answer.status().is_success() => Outcome::Delivered(answer.status()),
        Ok(answer) if answer.status() == StatusCode::GONE => Outcome::Gone,
        Ok(answer) if answer.status().is_redirection() => refused("redirected", answer.status()),
        Ok(answer) => refused("refused", answer.status()),
        Err(HttpError::NotSent(_)) => Outcome::Failed { code: "unreachable", status: None, repeatable: true },
        Err(HttpError::NoAnswer(_)) => Outcome::Failed { code: "no_answer", status: None, repeatable: true },
    })
}

const fn refused(code: &'static str, status: StatusCode) -> Outcome {
    Outcome::Failed { code, status: Some(status), repeatable: true }
}

/// Tells the endpoint of nothing more, until an admin of its organisation switches it on again.
async fn switch_off(deps: &Deps, delivery: &WebhookDelivery) -> Result<(), JobError> {
    let WebhookDelivery { organization_id, webhook_id, trace, .. } = *delivery;
    let services = &deps.services;
    let plan = || async {
        let mut transaction = Transaction::<StoreError>::new();
        let webhook = services.store.get::<Webhook>(&Webhook::key_of(organization_id, webhook_id)).await?;
        if let Some(webhook) = webhook.filter(|webhook| webhook.enabled) {
            let next = Webhook { enabled: false, updated_at: services.clock.now(), ..webhook.value.clone() };
            transaction.replace(&webhook, next);
            let fact = Fact::WebhookSwitchedOff { webhook_id };
            transaction.create(services.event(organization_id, Actor::Platform, trace, fact));
        }
        Ok((transaction, ()))
    };
    services.store.execute(plan).await.map_err(fault)
}

/// Whatever is wrong with the store, the delivery is still there to be sent. A row that cannot be read stays so until somebody mends it,
/// who must learn of it; the sweep rings for the delivery again.
fn fault(error: StoreError) -> JobError {
    match error {
        StoreError::Corrupt(_) => JobError::Reject(error.to_string()),
        StoreError::Unavailable(_) | StoreError::Refused(_) | StoreError::Contended => {
            JobError::Retry(error.to_string())
        }
    }
}
