//! `POST /api/organizations/{organizationId}/webhooks`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use shared::access::{Admin, OrganizationAccess};
use shared::event::Fact;
use shared::http::Input;
use shared::id::OrganizationId;
use shared::model::webhook::{WEBHOOKS_MAXIMUM, Webhook, WebhookSecret};
use shared::services::Services;
use shared::store::{Listing, Transaction};

use super::details::WebhookDetails;
use super::view::WebhookWithSecret;
use crate::Error;
use crate::find::find as find_organization;

/// Add an endpoint that is told of the organisation's events, at most ten. Its secret is in this answer and in no other.
///
/// Messages are signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`), come at least once and in no
/// certain order; one that is not answered with 2xx within 15 seconds comes again, eight times in all over more than a day.
#[utoipa::path(
    post, path = "/api/organizations/{organizationId}/webhooks", operation_id = "createWebhook", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    request_body = WebhookDetails,
    responses(
        (status = 201, description = "The endpoint and its secret.", body = WebhookWithSecret),
        (status = 403, description = "`forbidden`: the caller is no admin."),
        (status = 409, description = "`too_many_webhooks`: the organisation has ten."),
    )
)]
pub(crate) async fn create_webhook(
    State(services): State<Services>,
    access: OrganizationAccess<Admin>,
    Input(input): Input<WebhookDetails>,
) -> Result<(StatusCode, Json<WebhookWithSecret>), Error> {
    input.check(&services)?;
    let organization_id = access.organization_id();
    let plan = || async {
        find_organization(&services, organization_id).await?;
        let listing = Listing::of_partition(Webhook::partition(organization_id)).limit(WEBHOOKS_MAXIMUM);
        if services.store.list_items(&listing, None).await?.data.len() >= usize::from(WEBHOOKS_MAXIMUM) {
            return Err(Error::TooManyWebhooks);
        }
        let now = services.clock.now();
        let webhook = Webhook {
            id: services.ids.next(),
            organization_id,
            url: input.url.clone(),
            events: input.events.clone(),
            enabled: input.enabled,
            secret: WebhookSecret::new(&services.ids),
            previous_secret: None,
            created_by: access.principal.user_id,
            created_at: now,
            updated_at: now,
        };
        let mut transaction = Transaction::new();
        transaction.create(access.event(&services, Fact::WebhookCreated { webhook_id: webhook.id }));
        transaction.create(webhook.clone());
        Ok((transaction, webhook))
    };
    let webhook = services.store.execute(plan).await?;
    Ok((StatusCode::CREATED, Json(webhook.into())))
}
