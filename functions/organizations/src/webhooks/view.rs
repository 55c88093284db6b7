//! Endpoints and deliveries as admins see them.

use serde::Serialize;
use shared::clock::Timestamp;
use shared::id::{EventId, UserId, WebhookDeliveryId, WebhookId};
use shared::model::webhook::Webhook;
use shared::model::webhook_delivery::{DeliveryStatus, WebhookDelivery};
use utoipa::ToSchema;

/// An endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// The endpoint's id.
    id: WebhookId,
    /// Where messages are sent to.
    url: String,
    /// Which events it is told of; all where there are none.
    events: Vec<String>,
    /// Whether it is told of anything.
    enabled: bool,
    /// Who added it.
    created_by: UserId,
    /// When.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        let Webhook { id, url, events, enabled, created_by, created_at, updated_at, .. } = webhook;
        Self { id, url, events, enabled, created_by, created_at, updated_at }
    }
}

/// An endpoint with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookWithSecret {
    /// The endpoint.
    webhook: WebhookView,
    /// What its messages are signed with: `whsec_` and 32 bytes in base64.
    secret: String,
    /// Until when they are signed with the secret before as well, if there was one.
    #[schema(required)]
    previous_secret_ends_at: Option<Timestamp>,
}

impl From<Webhook> for WebhookWithSecret {
    fn from(webhook: Webhook) -> Self {
        let secret = webhook.secret.text();
        let previous_secret_ends_at = webhook.previous_secret.as_ref().map(|previous| previous.ends_at);
        Self { webhook: webhook.into(), secret, previous_secret_ends_at }
    }
}

/// One event on its way to one endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryView {
    /// The delivery's id.
    id: WebhookDeliveryId,
    /// The event; its id is the message's `webhook-id`.
    event_id: EventId,
    /// The event's type.
    event_type: String,
    /// Where it stands.
    status: DeliveryStatus,
    /// How often it was tried.
    attempts: u32,
    /// The status of the endpoint's last answer.
    #[schema(required)]
    response_status: Option<u16>,
    /// Why the last attempt failed.
    #[schema(required)]
    error: Option<String>,
    /// When it is tried next, while it is pending.
    #[schema(required)]
    next_attempt_at: Option<Timestamp>,
    /// When it was noted.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<WebhookDelivery> for DeliveryView {
    fn from(delivery: WebhookDelivery) -> Self {
        let next_attempt_at = (delivery.status == DeliveryStatus::Pending).then_some(delivery.due_at);
        let WebhookDelivery { id, event_id, event_type, status, attempts, response_status, error, .. } = delivery;
        let (created_at, updated_at) = (delivery.created_at, delivery.updated_at);
        Self {
            id,
            event_id,
            event_type,
            status,
            attempts,
            response_status,
            error,
            next_attempt_at,
            created_at,
            updated_at,
        }
    }
}
