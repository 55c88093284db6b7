//! `GET /api/organizations/{organizationId}/webhooks/{webhookId}/deliveries`

use axum::Json;
use axum::extract::State;
use shared::access::{Admin, OrganizationAccess};
use shared::http::{PageQuery, Path, Query};
use shared::id::{OrganizationId, WebhookId};
use shared::model::webhook_delivery::WebhookDelivery;
use shared::services::Services;
use shared::store::{Listing, Page};

use super::find;
use super::view::DeliveryView;
use crate::Error;

/// What was sent to an endpoint in the last 30 days and what came of it, the latest first.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}/webhooks/{webhookId}/deliveries", operation_id = "listWebhookDeliveries",
    tag = "organizations",
    security(("accessToken" = [])),
    params(("organizationId" = OrganizationId, Path), ("webhookId" = WebhookId, Path), PageQuery),
    responses(
        (status = 200, description = "A page of deliveries.", body = Page<DeliveryView>),
        (status = 403, description = "`forbidden`: the caller is no admin."),
    )
)]
pub(crate) async fn list_webhook_deliveries(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Path((organization, id)): Path<(OrganizationId, WebhookId)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DeliveryView>>, Error> {
    find(&services, access.organization_id(), id).await?;
    let (partition, listing) = (WebhookDelivery::partition(organization), WebhookDelivery::listing(organization, id));
    let listing = Listing::of_index(partition, listing).newest_first().limit(query.page_limit());
    let page = services.store.list::<WebhookDelivery>(&listing, query.cursor.as_deref()).await?;
    Ok(Json(page.map(|delivery| delivery.value.into())))
}
