//! `GET /api/billing/checkouts/{checkoutId}`

use axum::Json;
use axum::extract::State;
use shared::access::{Member, OrganizationAccess};
use shared::http::{ActingOrganization, Path};
use shared::model::checkout::Checkout;
use shared::problem::Problem;
use shared::services::Services;

use crate::Error;
use crate::view::CheckoutView;

/// What came of a checkout: what a page asks that a buyer was sent back to. A few seconds may pass before Stripe tells us.
#[utoipa::path(
    get, path = "/api/billing/checkouts/{checkoutId}", operation_id = "getCheckout", tag = "billing",
    security(("accessToken" = [])),
    params(
        ActingOrganization,
        ("checkoutId" = String, Path, description = "The session's id, as Stripe puts it into `successUrl`."),
    ),
    responses((status = 200, description = "The checkout.", body = CheckoutView))
)]
pub(crate) async fn get_checkout(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
    Path(id): Path<String>,
) -> Result<Json<CheckoutView>, Error> {
    // Longer ones cannot be keys, and none of Stripe's are.
    let found = match id.len() {
        1..=255 => services.store.get::<Checkout>(&Checkout::key_of(access.organization_id(), &id)).await?,
        _ => None,
    };
    Ok(Json(found.ok_or_else(Problem::not_found)?.value.into()))
}
