//! `/api/analytics`

use std::time::Duration;

use analytics::{Deps, router};
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::clock::Timestamp;
use shared::id::EventId;
use shared::model::activity_day::ActiveDay;
use shared::model::counter::Counter;
use shared::model::revenue_day::RevenueDay;
use testkit::{Caller, Cloud, TestApp};

const PATH: &str = "/api/analytics/platform";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn app_and_operator(cloud: &Cloud) -> (TestApp, Caller) {
    let operator = cloud.caller("Operator").await;
    cloud.set_platform_role(&operator, PlatformRole::Support).await;
    let deps = Deps { services: cloud.services.clone() };
    (TestApp::new(router().with_state(deps), &cloud.services), operator)
}

/// Counts as the projector does, each time on behalf of another event.
async fn count(cloud: &Cloud, counter: Counter, amounts: &[i64]) {
    for amount in amounts {
        let event = cloud.services.ids.next::<EventId>();
        cloud.write(|transaction| transaction.update(counter.add(*amount, event))).await;
    }
}

async fn active(cloud: &Cloud, at: Timestamp, accounts: i64) {
    cloud.write(|transaction| transaction.update(ActiveDay::add(&at.day(), cloud.services.ids.next(), accounts))).await;
}

#[tokio::test(start_paused = true)]
async fn a_platform_without_anything_has_figures() {
    let cloud = Cloud::new();
    let (app, operator) = app_and_operator(&cloud).await;
    let expected = json!({
        "total_users": 0, "active_users_30d": 0, "revenue_30d": 0, "conversion_rate": 0.0, "total_organizations": 0, "total_ventures": 0,
        "total_leads": 0, "total_tasks_created": 0, "total_tasks_completed": 0, "total_tasks_failed": 0,
        "total_chat_messages": 0,
    });
    assert_eq!(app.get(PATH).by(&operator).send().await.expect(200), expected);
}

#[tokio::test(start_paused = true)]
async fn the_figures_are_what_was_counted() {
    let cloud = Cloud::new();
    let (app, operator) = app_and_operator(&cloud).await;
    count(&cloud, Counter::Users, &[1; 12]).await;
    count(&cloud, Counter::Organizations, &[1; 16]).await;
    count(&cloud, Counter::OrganizationsAboveFree, &[1, 1, 1, 1, 1, -1]).await;
    count(&cloud, Counter::Ventures, &[1, 1]).await;
    count(&cloud, Counter::Leads, &[500, 1, -1, -1]).await;
    count(&cloud, Counter::TasksCreated, &[1; 7]).await;
    count(&cloud, Counter::TasksCompleted, &[1; 5]).await;
    count(&cloud, Counter::TasksFailed, &[1]).await;
    count(&cloud, Counter::ChatMessages, &[1; 3]).await;
    let expected = json!({
        "total_users": 12, "active_users_30d": 0, "revenue_30d": 0, "conversion_rate": 0.25, "total_organizations": 16, "total_ventures": 2,
        "total_leads": 499, "total_tasks_created": 7, "total_tasks_completed": 5, "total_tasks_failed": 1,
        "total_chat_messages": 3,
    });
    assert_eq!(app.get(PATH).by(&operator).send().await.expect(200), expected);
}

#[tokio::test(start_paused = true)]
async fn thirty_days_are_today_and_the_29_before() {
    let cloud = Cloud::new();
    let (app, operator) = app_and_operator(&cloud).await;
    let now = cloud.services.clock.now();
    active(&cloud, now.minus(DAY * 30), 100).await;
    active(&cloud, now.minus(DAY * 29), 20).await;
    active(&cloud, now, 3).await;
    for (at, cents) in [(now.minus(DAY * 30), 4_900), (now.minus(DAY * 29), 1_900), (now, 1_000), (now, 900)] {
        cloud.write(|transaction| transaction.update(RevenueDay::add(at, cents))).await;
    }
    let active_users = |figures: Value| figures["active_users_30d"].clone();
    let figures = app.get(PATH).by(&operator).send().await.expect(200);
    assert_eq!(figures["revenue_30d"], 3_800);
    assert_eq!(active_users(figures), 23);
    tokio::time::advance(DAY).await;
    let operator = {
        let fresh = cloud.caller("Late Operator").await;
        cloud.set_platform_role(&fresh, PlatformRole::Admin).await;
        fresh
    };
    assert_eq!(active_users(app.get(PATH).by(&operator).send().await.expect(200)), 3);
}

#[tokio::test(start_paused = true)]
async fn only_operators_see_them() {
    let cloud = Cloud::new();
    let (app, _) = app_and_operator(&cloud).await;
    let ada = cloud.caller("Ada").await;
    app.get(PATH).send().await.expect_problem(401, "token_missing");
    app.get(PATH).bearer("x").send().await.expect_problem(401, "token_invalid");
    app.get(PATH).by(&ada).send().await.expect_problem(403, "forbidden");
    cloud.set_platform_role(&ada, PlatformRole::Support).await;
    app.get(PATH).by(&ada).send().await.expect(200);
}
