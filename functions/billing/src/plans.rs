//! `GET /api/billing/plans`

use axum::Json;
use shared::catalogue::Catalogue;

/// Everything that is sold: plans with what they include, what actions cost, credit packs, the fair-use rate.
#[utoipa::path(
    get, path = "/api/billing/plans", operation_id = "listPlans", tag = "billing",
    responses(
        (status = 200, description = "The catalogue.", body = Catalogue),
    )
)]
pub(crate) async fn list_plans() -> Json<&'static Catalogue> {
    Json(Catalogue::get())
}
