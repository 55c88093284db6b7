//! `GET /api/billing/usage`

use serde_json::json;
use shared::access::Role;
use shared::model::usage::{Limited, Usage};
use shared::plan::{CreditAction, PlanName};
use testkit::Cloud;

use crate::support::{Purse, allowance, app};

const PATH: &str = "/api/billing/usage";

#[tokio::test(start_paused = true)]
async fn it_tells_what_is_included_used_and_left_and_when_it_is_there_again() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let now = cloud.services.clock.now();
    let fresh = app.get(PATH).by(&ada).send().await.expect(200);
    let month = |included: u32, used: u32| json!({"included": included, "used": used, "left": included - used});
    let grants =
        json!([{"id": ada.organization_id.to_string().replace("org_", "crg_"), "left": 200, "expiresAt": null}]);
    let expected = json!({
        "plan": "free",
        "month": {
            "name": now.month(), "resetsAt": now.next_month(),
            "tasks": month(10, 0), "posts": month(5, 0), "emails": month(3, 0),
        },
        "credits": {
            "allowance": allowance(50, 0, now.next_day(), false), "grants": grants,
            "purchased": 0, "held": 0, "debt": 0, "available": 250,
            "costs": {"chatMessage": 10, "investorSearch": 50, "companySearch": 25},
        },
    });
    assert_eq!(fresh, expected);
    let reserve = Usage::reserve(ada.organization_id, &now.month(), &[(Limited::Tasks, 1)], PlanName::Free.plan());
    assert!(cloud.services.store.try_update(reserve).await.unwrap());
    Purse::of(&cloud, &ada).spend(CreditAction::ChatMessage).await.unwrap();
    let used = app.get(PATH).by(&ada).send().await.expect(200);
    assert_eq!(used["month"]["tasks"], month(10, 1));
    assert_eq!(used["credits"]["allowance"], allowance(50, 10, now.next_day(), false));
    assert_eq!(used["credits"]["available"], 240);
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_changed_a_moment_ago_is_told_as_it_is() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let usage = || async { app.get(PATH).by(&ada).organization(ada.organization_id).send().await.expect(200) };
    assert_eq!(usage().await["plan"], "free");
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    let now = usage().await;
    assert_eq!((&now["plan"], &now["month"]["tasks"]["included"]), (&json!("pro"), &json!(100)));
    assert_eq!(now["credits"]["allowance"]["thenUnlimited"], true);
    assert_eq!(now["credits"]["costs"]["chatMessage"], 5);
}

#[tokio::test(start_paused = true)]
async fn members_may_look_and_to_others_it_is_not_there() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let (bob, eve) = (cloud.caller("Bob").await, cloud.caller("Eve").await);
    cloud.join(&bob, ada.organization_id, Role::Member).await;
    app.get(PATH).by(&bob).organization(ada.organization_id).send().await.expect(200);
    app.get(PATH).by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
    app.get(PATH).by(&eve).organization("org_x").send().await.expect_problem(404, "not_found");
    app.get(PATH).send().await.expect_problem(401, "token_missing");
}
