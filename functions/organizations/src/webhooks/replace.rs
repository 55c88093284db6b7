//! `PUT /api/organizations/{organizationId}/webhooks/{webhookId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::{Input, Path};
use shared::id::{OrganizationId, WebhookId};
use shared::model::webhook::Webhook;
use shared::services::Services;
use shared::store::Transaction;

use super::details::WebhookDetails;
use super::find;
use super::view::WebhookView;
use crate::Error;

/// Replace where messages are sent to, and which. The same values again change nothing; the secret stays.
#[utoipa::path(
    put, path = "/api/organizations/{organizationId}/webhooks/{webhookId}", operation_id = "replaceWebhook", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), ("webhookId" = WebhookId, Path)),
    request_body = WebhookDetails,
    responses(
        (status = 200, description = "The endpoint.", body = WebhookView),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn replace_webhook(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((_organization, id)): Path<(OrganizationId, WebhookId)>,
    Input(input): Input<WebhookDetails>,
) -> Result<Json<WebhookView>, Error> {
    input.check(&services)?;
    let plan = || async {
        let current = find(&services, access.organization_id(), id).await?;
        let WebhookDetails { url, events, enabled } = &input;
        let next = Webhook { url: url.clone(), events: events.clone(), enabled: *enabled, ..current.value.clone() };
        let mut transaction = Transaction::new();
        if next == current.value {
            return Ok((transaction, next));
        }
        let next = Webhook { updated_at: services.clock.now(), ..next };
        transaction.replace(&current, next.clone());
        transaction.create(access.event(&services, Fact::WebhookChanged { webhook_id: id }));
        Ok::<_, Error>((transaction, next))
    };
    Ok(Json(services.store.execute(plan).await?.into()))
}
