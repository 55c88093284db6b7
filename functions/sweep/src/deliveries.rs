//! Deliveries to endpoints whose time has come.

use shared::model::webhook_delivery::WebhookDelivery;
use shared::queue::WebhookMessage;
use shared::store::Key;

use crate::{Deps, Outcome, Summary, bells};

/// Rings for the deliveries at these keys.
pub(crate) async fn ring(deps: &Deps, keys: &[Key]) -> Outcome {
    let message = |key: &Key| {
        let (organization_id, delivery_id) = WebhookDelivery::ids_of(key)?;
        Some(WebhookMessage { organization_id, delivery_id, trace: None })
    };
    let (rung, outcome) = bells::ring(&deps.webhooks, keys, message).await;
    Outcome { summary: Summary { deliveries_rung: rung, ..outcome.summary }, ..outcome }
}
