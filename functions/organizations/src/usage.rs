//! `GET /api/organizations/{organizationId}/usage`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{Member, OrganizationAccess};
use shared::clock::Timestamp;
use shared::id::OrganizationId;
use shared::model::usage::Usage;
use shared::plan::PlanName;
use shared::services::Services;
use utoipa::ToSchema;

use crate::Error;
use crate::find::find;

/// How much of something the plan includes in a month, and what is left of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Allowance {
    /// What the plan includes.
    included: u32,
    /// What was used of it: reserved or done.
    used: u32,
    /// What is left.
    left: u32,
}

impl Allowance {
    fn new(included: u32, used: i64) -> Self {
        let used = u32::try_from(used.max(0)).unwrap_or(u32::MAX);
        // A smaller plan may include less than was used on the larger one.
        Self { included, used, left: included.saturating_sub(used) }
    }
}

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
    /// Tasks.
    tasks: Allowance,
    /// Posts.
    posts: Allowance,
    /// E-mails, one per recipient.
    emails: Allowance,
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
    let monthly = organization.plan.plan().monthly;
    Ok(Json(UsageView {
        plan: organization.plan,
        month: now.month(),
        resets_at: now.next_month(),
        tasks: Allowance::new(monthly.tasks, usage.tasks),
        posts: Allowance::new(monthly.posts, usage.posts),
        emails: Allowance::new(monthly.emails, usage.emails),
    }))
}

#[cfg(test)]
mod tests {
    use super::Allowance;

    #[test]
    fn what_is_left_is_never_less_than_nothing() {
        let left = |included, used| Allowance::new(included, used).left;
        assert_eq!((left(10, 3), left(10, 10), left(10, 12), left(10, -1)), (7, 0, 0, 10));
    }
}
