//! `GET /api/organizations/{organizationId}/webhooks`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::http::{PageQuery, Query};
use shared::id::OrganizationId;
use shared::model::webhook::Webhook;
use shared::services::Services;
use shared::store::{Listing, Page};

use super::view::WebhookView;
use crate::Error;

/// The endpoints that are told of the organisation's events, the oldest first.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}/webhooks", operation_id = "listWebhooks", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of endpoints.", body = Page<WebhookView>),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn list_webhooks(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<WebhookView>>, Error> {
    let listing = Listing::of_partition(Webhook::partition(access.organization_id())).limit(query.page_limit());
    let page = services.store.list::<Webhook>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|webhook| webhook.value.into())))
}
