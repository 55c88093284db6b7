//! `GET /api/billing/usage`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{Member, OrganizationAccess};
use shared::clock::Timestamp;
use shared::credits::{Figures, Position};
use shared::http::ActingOrganization;
use shared::id::CreditGrantId;
use shared::model::organization::Organization;
use shared::model::usage::{Allowance, MonthlyUsage, Usage};
use shared::plan::{ActionCosts, PlanName};
use shared::problem::Problem;
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;

/// What an organisation has used, and what is left.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BillingUsage {
    /// The plan.
    plan: PlanName,
    /// The calendar month (UTC).
    month: Month,
    /// Credits.
    credits: CreditsView,
}

/// What was used in a month, against the plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageMonth)]
struct Month {
    /// The month.
    #[schema(example = "2026-11", pattern = "^[0-9]{4}-[0-9]{2}$")]
    name: String,
    /// When the next month begins, and everything is there again.
    resets_at: Timestamp,
    #[serde(flatten)]
    usage: MonthlyUsage,
}

/// The day's credits of the plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DayAllowance {
    #[serde(flatten)]
    allowance: Allowance,
    /// When the day ends (UTC): what is left lapses, and the next day's are there.
    resets_at: Timestamp,
    /// Whether actions go on at the fair-use rate once they are used.
    then_unlimited: bool,
}

/// A grant with something left.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreditGrant)]
struct GrantView {
    /// The grant.
    id: CreditGrantId,
    /// What is left of it.
    #[schema(minimum = 1)]
    left: i64,
    /// From when on nothing of it is there any more; never if null.
    #[schema(required)]
    expires_at: Option<Timestamp>,
}

/// What an organisation has of credits. They burn in this order: today's allowance, grants as listed, purchased ones.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Credits)]
struct CreditsView {
    /// Today's.
    allowance: DayAllowance,
    /// Given ones, those that expire first first.
    grants: Vec<GrantView>,
    /// Bought ones.
    #[schema(minimum = 0)]
    purchased: i64,
    /// What actions under way hold at the moment; it is in none of the other figures but `allowance.used`.
    #[schema(minimum = 0)]
    held: i64,
    /// What is owed, since a refund or a dispute took back credits that were spent; the next that are bought pay it first.
    #[schema(minimum = 0)]
    debt: i64,
    /// What can be spent now: of allowance, grants and purchased ones together.
    #[schema(minimum = 0)]
    available: i64,
    /// What actions cost on this plan.
    costs: ActionCosts,
}

/// What the acting organisation has used, and what is left: the month's tasks, posts and e-mails, and credits.
#[utoipa::path(
    get, path = "/api/billing/usage", operation_id = "getBillingUsage", tag = "billing",
    security(("accessToken" = [])),
    params(ActingOrganization),
    responses(
        (status = 200, description = "The usage.", body = BillingUsage),
    )
)]
pub(crate) async fn get_billing_usage(
    State(services): State<Services>,
    access: OrganizationAccess<Member>,
) -> Result<Json<BillingUsage>, Error> {
    let id = access.organization_id();
    let now = services.clock.now();
    // The organisation anew: its plan may have changed since this instance last looked at it.
    let (organization_key, usage_key) = (Organization::key_of(id), Usage::key_of(id, &now.month()));
    let own = [organization_key.clone(), usage_key.clone()];
    let position = Position::read(&services, (&access.organization).into(), &[], &own).await?;
    let organization = position.reading().get::<Organization>(&organization_key)?.ok_or_else(Problem::not_found)?;
    let position = position.on((&organization.value).into());
    let usage = position.reading().get::<Usage>(&usage_key)?.map(|usage| usage.value).unwrap_or_default();
    let plan = organization.plan.plan();
    Ok(Json(BillingUsage {
        plan: organization.plan,
        month: Month { name: now.month(), resets_at: now.next_month(), usage: usage.against(plan) },
        credits: CreditsView::new(&position),
    }))
}

impl CreditsView {
    fn new(position: &Position) -> Self {
        let Figures { day_used, held, grants, purchased, debt, available } = position.figures();
        let plan = position.plan();
        let grants = grants.into_iter().map(|grant| GrantView {
            id: grant.grant_id,
            left: grant.credits,
            expires_at: grant.expires_at,
        });
        Self {
            allowance: DayAllowance {
                allowance: Allowance::new(plan.credits.per_day, day_used),
                resets_at: position.now().next_day(),
                then_unlimited: plan.credits.then_unlimited,
            },
            grants: grants.collect(),
            purchased,
            held,
            debt,
            available,
            costs: plan.credits.costs,
        }
    }
}
