//! `/api/organizations/{organizationId}/webhooks`: endpoints of the organisation's own that are told of its events, by Standard Webhooks.
//!
//! Nothing is sent from here: the projector notes a delivery for each endpoint that wants an event, and the sender sends it.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod deliveries;
mod details;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod replace;
pub(crate) mod replay;
pub(crate) mod rotate;
mod view;

use shared::id::{OrganizationId, WebhookId};
use shared::model::webhook::Webhook;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Versioned;

use crate::Error;

/// An endpoint of the organisation.
async fn find(
    services: &Services,
    organization: OrganizationId,
    webhook: WebhookId,
) -> Result<Versioned<Webhook>, Error> {
    let found = services.store.get::<Webhook>(&Webhook::key_of(organization, webhook)).await?;
    Ok(found.ok_or_else(Problem::not_found)?)
}
