//! `GET /api/organizations/{organizationId}/webhooks/{webhookId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::http::Path;
use shared::id::{OrganizationId, WebhookId};
use shared::services::Services;

use super::find;
use super::view::WebhookView;
use crate::Error;

/// One endpoint, without its secret.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}/webhooks/{webhookId}", operation_id = "getWebhook", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), ("webhookId" = WebhookId, Path)),
    responses(
        (status = 200, description = "The endpoint.", body = WebhookView),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn get_webhook(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((_organization, id)): Path<(OrganizationId, WebhookId)>,
) -> Result<Json<WebhookView>, Error> {
    Ok(Json(find(&services, access.organization_id(), id).await?.value.into()))
}
