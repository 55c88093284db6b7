//! `POST /api/organizations/{organizationId}/webhooks/{webhookId}/rotate-secret`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{OrganizationId, WebhookId};
use shared::model::webhook::WebhookSecret;
use shared::services::Services;
use shared::store::Transaction;

use super::find;
use super::view::WebhookWithSecret;
use crate::Error;

/// Give an endpoint a new secret, which is in this answer and in no other. For a day messages are signed with the one before as well.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/webhooks/{webhookId}/rotate-secret", operation_id = "rotateWebhookSecret",
    tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), ("webhookId" = WebhookId, Path)),
    responses(
        (status = 200, description = "The endpoint and its secret.", body = WebhookWithSecret),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn rotate_webhook_secret(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((_organization, id)): Path<(OrganizationId, WebhookId)>,
) -> Result<Json<WebhookWithSecret>, Error> {
    let plan = || async {
        let current = find(&services, access.organization_id(), id).await?;
        let next = current.rotated(WebhookSecret::new(&services.ids), services.clock.now());
        let mut transaction = Transaction::new();
        transaction.replace(&current, next.clone());
        transaction.create(access.event(&services, Fact::WebhookSecretRotated { webhook_id: id }));
        Ok::<_, Error>((transaction, next))
    };
    Ok(Json(services.store.execute(plan).await?.into()))
}
