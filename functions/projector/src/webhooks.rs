//! Which endpoints are told of an event.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::clock::Timestamp;
use shared::event::{Event, Fact};
use shared::id::OrganizationId;
use shared::model::webhook::{WEBHOOKS_MAXIMUM, Webhook};
use shared::model::webhook_delivery::WebhookDelivery;
use shared::problem::Problem;
use shared::queue::WebhookMessage;
use shared::services::Services;
use shared::store::Listing;

use crate::Deps;

/// How long an instance goes by the endpoints it knows: most organisations have none, and asking for each event would cost more than it
/// is worth. An endpoint that was added elsewhere may miss what happens in that time.
const FRESH: Duration = Duration::from_secs(30);
/// When full the memory starts over.
const ORGANIZATIONS_MAXIMUM: usize = 10_000;

type Entries = HashMap<OrganizationId, (Timestamp, Arc<[Webhook]>)>;

/// The endpoints that an instance knows of; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct KnownWebhooks(Arc<Mutex<Entries>>);

impl KnownWebhooks {
    async fn of(&self, services: &Services, event: &Event) -> Result<Arc<[Webhook]>, Problem> {
        let (organization, now) = (event.organization_id, services.clock.now());
        let changed = matches!(
            event.fact,
            Fact::WebhookCreated { .. }
                | Fact::WebhookChanged { .. }
                | Fact::WebhookSwitchedOff { .. }
                | Fact::WebhookDeleted { .. }
                | Fact::WebhookSecretRotated { .. }
        );
        {
            let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((read_at, known)) = entries.get(&organization).filter(|_| !changed)
                && now.since(*read_at) < FRESH
            {
                return Ok(known.clone());
            }
        }
        let listing = Listing::of_partition(Webhook::partition(organization)).limit(WEBHOOKS_MAXIMUM);
        let page = services.store.list::<Webhook>(&listing, None).await?;
        let found: Arc<[Webhook]> = page.data.into_iter().map(|webhook| webhook.value).collect();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ORGANIZATIONS_MAXIMUM {
            entries.clear();
        }
        entries.insert(organization, (now, found.clone()));
        Ok(found)
    }
}

/// The deliveries that follow from an event: one for each endpoint that wants it.
pub(crate) async fn deliveries(deps: &Deps, event: &Event) -> Result<Vec<WebhookDelivery>, Problem> {
    let services = &deps.services;
    let webhooks = deps.known_webhooks.of(services, event).await?;
    if webhooks.is_empty() {
        return Ok(Vec::new());
    }
    let fact = serde_json::to_value(&event.fact).map_err(Problem::internal)?;
    let event_type = fact.get("type").and_then(|name| name.as_str()).unwrap_or_default();
    let wanted = webhooks.iter().filter(|webhook| webhook.wants(event_type));
    let now = services.clock.now();
    let delivery = |webhook: &Webhook| WebhookDelivery::new(services.ids.next(), webhook.id, event, event_type, now);
    Ok(wanted.map(delivery).collect())
}

/// Rings for deliveries, which are in the table by now. A bell that is not heard costs a delivery a minute: then the sweep rings.
pub(crate) async fn ring_for(deps: &Deps, event: &Event, deliveries: &[WebhookDelivery]) {
    let replayed = match event.fact {
        Fact::WebhookDeliveryReplayed { delivery_id, .. } => Some(delivery_id),
        _ => None,
    };
    let ids = deliveries.iter().map(|delivery| delivery.id).chain(replayed);
    let message = |delivery_id| WebhookMessage {
        organization_id: event.organization_id,
        delivery_id,
        trace: Some(event.trace()),
    };
    let messages = ids.map(message).collect::<Vec<_>>();
    if messages.is_empty() {
        return;
    }
    if let Err(error) = deps.webhooks.send_all(&messages).await {
        tracing::warn!(event = %event.id, %error, "endpoints could not all be rung for; the sweep will");
    }
}
