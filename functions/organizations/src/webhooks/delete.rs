//! `DELETE /api/organizations/{organizationId}/webhooks/{webhookId}`

use axum::extract::State;
use http::StatusCode;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Path;
use shared::id::{OrganizationId, WebhookId};
use shared::services::Services;
use shared::store::Transaction;

use super::find;
use crate::Error;

/// Remove an endpoint. What is on its way to it is given up.
#[utoipa::path(
    delete, path = "/api/organizations/{organizationId}/webhooks/{webhookId}", operation_id = "deleteWebhook", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), ("webhookId" = WebhookId, Path)),
    responses(
        (status = 204, description = "The endpoint is gone."),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn delete_webhook(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((_organization, id)): Path<(OrganizationId, WebhookId)>,
) -> Result<StatusCode, Error> {
    let plan = || async {
        let webhook = find(&services, access.organization_id(), id).await?;
        let mut transaction = Transaction::new();
        transaction.delete(&webhook);
        transaction.create(access.event(&services, Fact::WebhookDeleted { webhook_id: id }));
        Ok::<_, Error>((transaction, StatusCode::NO_CONTENT))
    };
    services.store.execute(plan).await
}
