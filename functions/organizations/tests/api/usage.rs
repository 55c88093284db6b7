//! `GET /api/organizations/{organizationId}/usage`

use std::time::Duration;

use serde_json::json;
use shared::model::usage::{Limited, Usage};
use shared::plan::PlanName;
use testkit::Cloud;
use tokio::time::advance;

use crate::support::app;

#[tokio::test(start_paused = true)]
async fn usage_is_told_against_the_plan_and_begins_anew_each_month() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let path = format!("/api/organizations/{}/usage", ada.organization_id);
    let now = cloud.services.clock.now();
    let plan = PlanName::Free.plan();
    for _ in 0..3 {
        let amounts = [(Limited::Tasks, 1), (Limited::Posts, 1), (Limited::Emails, 1)];
        let update = Usage::reserve(ada.organization_id, &now.month(), &amounts, plan);
        assert!(cloud.services.store.try_update(update).await.unwrap());
    }
    let usage = app.get(&path).by(&ada).send().await.expect(200);
    let allowance = |included: u32, used: u32| json!({"included": included, "used": used, "left": included - used});
    let expected = json!({
        "plan": "free", "month": now.month(), "resetsAt": now.next_month(),
        "tasks": allowance(10, 3), "posts": allowance(5, 3), "emails": allowance(3, 3),
    });
    assert_eq!(usage, expected);
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    assert_eq!(app.get(&path).by(&ada).send().await.expect(200)["tasks"], allowance(100, 3));
    advance(now.next_month().since(now) + Duration::from_secs(1)).await;
    let ada = cloud.signed_in_again(&ada).await;
    let next = app.get(&path).by(&ada).send().await.expect(200);
    assert_eq!((&next["tasks"], &next["month"]), (&allowance(100, 0), &json!(now.next_month().month())));
}
