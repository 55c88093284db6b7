//! `GET /api/analytics/platform`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::access::{PlatformAccess, Support};
use shared::model::activity_day::ActiveDay;
use shared::model::counter::Counter;
use shared::model::revenue_day::RevenueDay;
use shared::problem::Problem;
use shared::services::Services;
use utoipa::ToSchema;

/// The platform in figures, under the names that its clients read.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct PlatformFigures {
    /// Accounts.
    total_users: u64,
    /// Accounts that were active today (UTC) or in the 29 days before.
    active_users_30d: u64,
    /// What was paid in United States dollars today (UTC) and in the 29 days before, in cents. What was given back is not taken off.
    revenue_30d: u64,
    /// The share of organisations on a plan above free; 0 while there are none.
    #[schema(minimum = 0, maximum = 1)]
    conversion_rate: f64,
    /// Organisations, personal ones among them.
    total_organizations: u64,
    /// Ventures.
    total_ventures: u64,
    /// Leads there are now.
    total_leads: u64,
    /// Tasks ever created.
    total_tasks_created: u64,
    /// Tasks ever completed.
    total_tasks_completed: u64,
    /// Tasks that failed for good.
    total_tasks_failed: u64,
    /// Messages that the assistant answered.
    total_chat_messages: u64,
}

/// The platform in figures, for its operators.
#[utoipa::path(
    get, path = "/api/analytics/platform", operation_id = "getPlatformFigures", tag = "analytics",
    security(("accessToken" = [])),
    responses(
        (status = 200, description = "The figures.", body = PlatformFigures),
        (status = 403, description = "`forbidden`: the caller is no operator of the platform."),
    )
)]
pub(crate) async fn get_platform_figures(
    State(services): State<Services>,
    _access: PlatformAccess<Support>,
) -> Result<Json<PlatformFigures>, Problem> {
    let store = &services.store;
    let (users, active, revenue, organizations, above_free, ventures, leads, created, completed, failed, answered) = tokio::try_join!(
        Counter::Users.read(store),
        ActiveDay::active_in_30_days(store, services.clock.now()),
        RevenueDay::paid_in_30_days(store, services.clock.now()),
        Counter::Organizations.read(store),
        Counter::OrganizationsAboveFree.read(store),
        Counter::Ventures.read(store),
        Counter::Leads.read(store),
        Counter::TasksCreated.read(store),
        Counter::TasksCompleted.read(store),
        Counter::TasksFailed.read(store),
        Counter::ChatMessages.read(store),
    )?;
    Ok(Json(PlatformFigures {
        total_users: total(users),
        active_users_30d: total(active),
        revenue_30d: total(revenue),
        conversion_rate: share(total(above_free), total(organizations)),
        total_organizations: total(organizations),
        total_ventures: total(ventures),
        total_leads: total(leads),
        total_tasks_created: total(created),
        total_tasks_completed: total(completed),
        total_tasks_failed: total(failed),
        total_chat_messages: total(answered),
    }))
}

/// A sum as a number of things. Events are counted in any order, so that for a moment a removal may be counted before its creation.
fn total(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}

/// Which part of `whole` is `part`, between 0 and 1.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than the 52 bits that a float has")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        let shares = [(0, 0), (1, 0), (0, 4), (1, 4), (4, 4), (5, 4)].map(|(part, whole)| share(part, whole));
        assert_eq!(shares, [0.0, 0.0, 0.0, 0.25, 1.0, 1.0]);
    }

    #[test]
    fn there_are_never_less_than_no_things() {
        assert_eq!([-1, 0, 7].map(total), [0, 0, 7]);
    }
}
