//! `POST /api/organizations/{organizationId}/webhooks/{webhookId}/deliveries/{deliveryId}/replay`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{OrganizationId, WebhookDeliveryId, WebhookId};
use shared::model::webhook_delivery::WebhookDelivery;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;

use super::view::DeliveryView;
use crate::Error;

/// Send a message once more, whether it was delivered or given up. While it is being sent anyway nothing changes.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/webhooks/{webhookId}/deliveries/{deliveryId}/replay",
    operation_id = "replayWebhookDelivery", tag = "organizations",
    security(("accessToken" = [])),
    params(
        ("organizationId" = OrganizationId, Path),
        ("webhookId" = WebhookId, Path),
        ("deliveryId" = WebhookDeliveryId, Path),
    ),
    responses(
        (status = 200, description = "The delivery, which is pending.", body = DeliveryView),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn replay_webhook_delivery(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((organization, webhook, id)): Path<(OrganizationId, WebhookId, WebhookDeliveryId)>,
) -> Result<Json<DeliveryView>, Error> {
    let plan = || async {
        let found = services.store.get::<WebhookDelivery>(&WebhookDelivery::key_of(organization, id)).await?;
        let current = found.filter(|delivery| delivery.webhook_id == webhook).ok_or_else(Problem::not_found)?;
        let mut transaction = Transaction::new();
        let Some(next) = current.replayed(services.clock.now()) else {
            return Ok((transaction, current.value));
        };
        transaction.replace(&current, next.clone());
        transaction
            .create(access.event(&services, Fact::WebhookDeliveryReplayed { webhook_id: webhook, delivery_id: id }));
        Ok::<_, Error>((transaction, next))
    };
    Ok(Json(services.store.execute(plan).await?.into()))
}
