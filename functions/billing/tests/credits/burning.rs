//! What actions burn, and that a check and what is spent on it are one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use shared::plan::{CreditAction, PlanName};
use shared::problem::Problem;
use testkit::{Cloud, FaultPlan, Overlapping};
use tokio::time::advance;

use crate::support::{Counting, Purse, allowance, app, credits};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn code(problem: &Problem) -> (u16, &'static str) {
    (problem.status().as_u16(), problem.code())
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_requests_at_the_last_credits_one_is_admitted() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    for _ in 0..4 {
        assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 10);
    }
    let outcomes = join_all((0..1000).map(|_| purse.spend(CreditAction::ChatMessage))).await;
    let admitted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(admitted, 1);
    for problem in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(code(problem), (402, "credits_required"));
    }
    assert_eq!(purse.figures().await, [50, 0, 0, 0, 0, 0]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_check_and_what_is_spent_on_it_are_one_batch_and_one_transaction() {
    let (dynamodb, asked) = (Cloud::table(), Arc::new(Mutex::new(Vec::new())));
    let service = Counting { service: Overlapping::in_step(dynamodb.clone()), asked: asked.clone() };
    let cloud = Cloud::through(dynamodb, service);
    let ada = cloud.caller("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    let count = |operations: &mut Vec<String>| std::mem::take(operations);
    purse.purchase(100).await;
    // The first action writes the opening grant down, the second finds everything there; the third burns of two sources at once.
    for credits in [10, 10, 50] {
        let action = if credits == 10 { CreditAction::ChatMessage } else { CreditAction::InvestorSearch };
        count(&mut asked.lock().unwrap());
        assert_eq!(purse.spend(action).await.unwrap(), credits);
        assert_eq!(
            count(&mut asked.lock().unwrap()),
            ["GetItem", "BatchGetItem", "TransactWriteItems"],
            "the first is the test's"
        );
    }
    count(&mut asked.lock().unwrap());
    let held = purse.hold(CreditAction::InvestorSearch, HOUR).await.unwrap().unwrap();
    assert_eq!(count(&mut asked.lock().unwrap()), ["GetItem", "BatchGetItem", "TransactWriteItems"]);
    purse.settle(&held, 20).await.unwrap();
    let operations = count(&mut asked.lock().unwrap());
    assert_eq!(operations, ["GetItem", "BatchGetItem", "TransactWriteItems"]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn the_days_credits_are_there_again_at_midnight_to_the_millisecond() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let purse = Purse::of(&cloud, &ada);
    let midnight = cloud.services.clock.now().next_day();
    for _ in 0..5 {
        purse.spend(CreditAction::ChatMessage).await.unwrap();
    }
    advance(midnight.since(cloud.services.clock.now()) - Duration::from_millis(1)).await;
    let ada = cloud.signed_in_again(&ada).await;
    assert_eq!(credits(&app, &ada).await["allowance"], allowance(50, 50, midnight, false));
    assert_eq!(cloud.services.clock.now(), midnight.minus(Duration::from_millis(1)));
    let problem = purse.spend(CreditAction::ChatMessage).await.unwrap_err();
    assert_eq!(code(&problem), (402, "credits_required"));
    advance(Duration::from_millis(1)).await;
    assert_eq!(cloud.services.clock.now(), midnight);
    assert_eq!(credits(&app, &ada).await["allowance"], allowance(50, 0, midnight.next_day(), false));
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 10);
    assert_eq!(purse.figures().await, [10, 0, 0, 0, 0, 40]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn the_allowance_burns_first_then_grants_by_expiry_then_what_was_bought() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let purse = Purse::of(&cloud, &ada);
    purse.purchase(100).await;
    purse.grant(30, None).await.unwrap();
    purse.grant(20, Some(HOUR)).await.unwrap();
    assert_eq!(purse.figures().await, [0, 0, 50, 100, 0, 200]);
    purse.spend(CreditAction::InvestorSearch).await.unwrap();
    assert_eq!(purse.figures().await, [50, 0, 50, 100, 0, 150]);
    purse.spend(CreditAction::CompanySearch).await.unwrap();
    let there = credits(&app, &ada).await;
    let grants = there["grants"].as_array().unwrap();
    assert_eq!((grants.len(), &grants[0]["left"], &grants[0]["expiresAt"]), (1, &json!(25), &json!(null)));
    purse.spend(CreditAction::InvestorSearch).await.unwrap();
    assert_eq!(purse.figures().await, [50, 0, 0, 75, 0, 75]);
    let problem = {
        purse.spend(CreditAction::InvestorSearch).await.unwrap();
        purse.spend(CreditAction::InvestorSearch).await.unwrap_err()
    };
    assert!(problem.detail().contains("25 credits are missing"), "{problem}");
    assert_eq!(purse.figures().await, [50, 0, 0, 25, 0, 25], "what is refused burns nothing");
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn what_expired_cannot_be_spent_and_goes_back_where_it_came_from() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    purse.grant(20, Some(HOUR)).await.unwrap();
    purse.grant(7, None).await.unwrap();
    advance(HOUR - Duration::from_millis(1)).await;
    assert_eq!(purse.figures().await, [0, 0, 27, 0, 0, 77]);
    advance(Duration::from_millis(1)).await;
    assert_eq!(purse.figures().await, [0, 0, 7, 0, 0, 57]);
    purse.check().await;
    purse.spend(CreditAction::InvestorSearch).await.unwrap();
    let problem = purse.spend(CreditAction::ChatMessage).await.unwrap_err();
    assert!(problem.detail().contains("3 credits are missing"), "{problem}");
    purse.grant(5, None).await.unwrap();
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 10);
    assert_eq!(purse.figures().await, [50, 0, 2, 0, 0, 2]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_goes_on_is_never_short_burns_no_purchased_credits_and_is_metered() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    let purse = Purse::of(&cloud, &ada);
    purse.purchase(100).await;
    purse.grant(100, None).await.unwrap();
    for _ in 0..3 {
        purse.spend(CreditAction::InvestorSearch).await.unwrap();
    }
    assert_eq!(purse.figures().await, [150, 0, 100, 100, 0, 200], "the day's are used");
    let limit = shared::catalogue::Catalogue::get().fair_use.actions;
    for _ in 0..limit {
        assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 5);
    }
    let problem = purse.spend(CreditAction::ChatMessage).await.unwrap_err();
    assert_eq!(code(&problem), (429, "fair_use_reached"));
    let used = 150 + 5 * i64::from(limit);
    assert_eq!(purse.figures().await, [used, 0, 100, 100, 0, 200], "what is refused is not put down to the day");
    let now = cloud.services.clock.now();
    let window = i64::from(shared::catalogue::Catalogue::get().fair_use.window_seconds);
    let rest = window - now.as_seconds().rem_euclid(window);
    advance(Duration::from_secs(rest.unsigned_abs())).await;
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 5);
    cloud.set_plan(ada.organization_id, PlanName::Outreach).await;
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 0, "it costs nothing there");
    cloud.set_plan(ada.organization_id, PlanName::Free).await;
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 10);
    assert_eq!(purse.figures().await[2..], [90, 100, 0, 190], "of the day nothing is left, so a grant burns");
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_larger_plan_has_its_days_credits_at_once_less_what_was_used() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    purse.spend(CreditAction::InvestorSearch).await.unwrap();
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    assert_eq!(purse.figures().await, [50, 0, 0, 0, 0, 100]);
    cloud.set_plan(ada.organization_id, PlanName::Free).await;
    assert_eq!(purse.figures().await, [50, 0, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn only_a_personal_organization_has_the_opening_grant_and_it_is_written_down_when_it_is_touched() {
    let cloud = Cloud::new();
    let (ada, bob) = (cloud.caller("Ada").await, cloud.founder("Bob").await);
    let (personal, other) = (Purse::of(&cloud, &ada), Purse::of(&cloud, &bob));
    assert_eq!(other.figures().await, [0, 0, 0, 0, 0, 50]);
    assert_eq!(personal.figures().await, [0, 0, 200, 0, 0, 250]);
    personal.spend(CreditAction::InvestorSearch).await.unwrap();
    assert_eq!(personal.figures().await, [50, 0, 200, 0, 0, 200], "the day's come first");
    let both = [personal.spend(CreditAction::InvestorSearch), personal.spend(CreditAction::InvestorSearch)];
    assert!(join_all(both).await.iter().all(Result::is_ok), "it is opened once");
    assert_eq!(personal.figures().await, [50, 0, 100, 0, 0, 100]);
    personal.check().await;
}

#[tokio::test(start_paused = true)]
async fn whatever_the_table_does_no_credit_is_lost_or_invented() {
    for seed in 0..10 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let ada = calm.caller("Ada").await;
        let (purse, calm_purse) = (Purse::of(&cloud, &ada), Purse::of(&calm, &ada));
        calm_purse.purchase(60).await;
        let mut burned = 0;
        for round in 0..12_u64 {
            let action = if round % 3 == 0 { CreditAction::CompanySearch } else { CreditAction::ChatMessage };
            burned += purse.spend(action).await.unwrap_or_default();
            if round % 4 == 0
                && let Ok(Some(held)) = purse.hold(action, HOUR).await
            {
                // Whether it came through may be unknown to whoever asked; the hold then ends by itself.
                let _ = purse.settle(&held, i64::try_from(round).unwrap()).await;
            }
            advance(Duration::from_secs(20)).await;
        }
        advance(2 * HOUR).await;
        calm_purse.check().await;
        let [day_used, held, granted, purchased, ..] = calm_purse.figures().await;
        assert_eq!(held, 0, "seed {seed}");
        assert!(day_used + (200 - granted) + (60 - purchased) >= burned, "seed {seed}");
    }
}
