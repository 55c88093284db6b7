//! `POST /api/stripe/portal`

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::access::{OrganizationAccess, Owner};
use shared::http::{ActingOrganization, Input};
use shared::id::CommandId;
use shared::problem::Problem;
use utoipa::ToSchema;

use crate::subscription::account;
use crate::{Deps, Error, return_url};

/// The customer portal wanted.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewPortalSession {
    /// Where the customer comes back to: a page of the frontend.
    #[garde(skip)]
    #[schema(max_length = 2048, example = "https://app.example.com/billing")]
    return_url: String,
}

/// The customer portal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortalSessionView {
    /// Stripe's id of the session.
    id: String,
    /// Where the customer goes; it is theirs alone, and for a few minutes.
    url: String,
}

/// Open the customer portal, where ways to pay are changed, invoices paid and the subscription cancelled.
#[utoipa::path(
    post, path = "/api/stripe/portal", operation_id = "createPortalSession", tag = "billing",
    security(("accessToken" = [])), params(ActingOrganization),
    request_body = NewPortalSession,
    responses(
        (status = 200, description = "The portal's address.", body = PortalSessionView),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
        (status = 409, description = "`no_customer`: the organisation has not bought anything yet."),
        (status = 503, description = "`payments_not_configured`, or `payments_unavailable`: Stripe does not answer."),
    )
)]
pub(crate) async fn create_portal_session(
    State(deps): State<Deps>,
    access: OrganizationAccess<Owner>,
    Input(input): Input<NewPortalSession>,
) -> Result<Json<PortalSessionView>, Error> {
    let services = &deps.services;
    if let Some(error) = return_url::check(&services.config, "returnUrl", &input.return_url) {
        return Err(Problem::invalid(vec![error]).into());
    }
    let payments = deps.payments()?;
    let account = account(services, access.organization_id()).await?.ok_or(Error::NoCustomer)?;
    let key = format!("portal/{}", services.ids.next::<CommandId>());
    let session = payments.stripe.create_portal_session(&account.customer_id, &input.return_url, &key).await?;
    Ok(Json(PortalSessionView { id: session.id, url: session.url }))
}
