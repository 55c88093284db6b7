//! `GET /api/organizations/{organizationId}/usage`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{Member, OrganizationAccess};
use shared::clock::Timestamp;
use shared::id::OrganizationId;
use shared::model::usage::{MonthlyUsage, Usage};
use shared::plan::PlanName;
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;
use crate::find::find;

/// What an organisation used in this month, against its plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Usage)]
pub(crate) struct UsageView {
    /// The plan.
    plan: PlanName,
    /// The calendar month (UTC).
    #[schema(example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$")]
    month: String,
    /// When the next month begins, and everything is there again.
    resets_at: Timestamp,
    #[serde(flatten)]
    monthly: MonthlyUsage,
}

/// What an organisation used in this month, against its plan.
#[utoipa::path(
    get, path = "/api/organizations/{organizationId}/usage", operation_id = "getUsage", tag = "organizations",
    security(("accessToken" = [])), params(("organizationId" = OrganizationId, Path)),
    responses(
        (status = 200, description = "The usage.", body = UsageView),
    )
)]
pub(crate) async fn get_usage(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
) -> Result<Json<UsageView>, Error> {
    let organization = find(&services, access.organization_id()).await?;
    let now = services.clock.now();
    let key = Usage::key_of(organization.id, &now.month());
    let usage = services.store.get::<Usage>(&key).await?.map(|usage| usage.value).unwrap_or_default();
    let monthly = usage.against(organization.plan.plan());
    Ok(Json(UsageView { plan: organization.plan, month: now.month(), resets_at: now.next_month(), monthly }))
}
