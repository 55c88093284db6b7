//! Credits that are held while something is under way.

use std::time::Duration;

use futures_util::future::join_all;
use shared::plan::{CreditAction, PlanName};
use testkit::Cloud;
use tokio::time::advance;

use crate::support::{Purse, allowance, app, credits};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn what_is_held_is_nobody_elses_until_it_is_settled_and_the_rest_is_there_again() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    let held = purse.hold(CreditAction::InvestorSearch, MINUTE).await.unwrap().unwrap();
    assert_eq!(held.credits(), 50);
    assert_eq!(purse.figures().await, [50, 50, 0, 0, 0, 0]);
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap_err().code(), "credits_required");
    assert_eq!(purse.settle(&held, 30).await.unwrap(), 30);
    assert_eq!(purse.figures().await, [30, 0, 0, 0, 0, 20]);
    let held = purse.hold(CreditAction::ChatMessage, MINUTE).await.unwrap().unwrap();
    assert_eq!(purse.settle(&held, 0).await.unwrap(), 0);
    assert_eq!(purse.figures().await, [30, 0, 0, 0, 0, 20], "nothing came of it, so nothing burned");
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_hold_of_several_sources_settles_in_the_burn_order() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    purse.purchase(100).await;
    purse.grant(20, None).await.unwrap();
    purse.spend(CreditAction::CompanySearch).await.unwrap();
    let held = purse.hold(CreditAction::InvestorSearch, MINUTE).await.unwrap().unwrap();
    assert_eq!(purse.figures().await, [50, 50, 0, 95, 0, 95]);
    assert_eq!(purse.settle(&held, 30).await.unwrap(), 30);
    assert_eq!(purse.figures().await, [50, 0, 15, 100, 0, 115]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_crash_leaves_held_is_there_again_when_the_hold_times_out() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    let held = purse.hold(CreditAction::InvestorSearch, MINUTE).await.unwrap().unwrap();
    advance(MINUTE - Duration::from_millis(1)).await;
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap_err().code(), "credits_required");
    advance(Duration::from_millis(1)).await;
    assert_eq!(purse.figures().await, [0, 0, 0, 0, 0, 50]);
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap(), 10);
    // Whoever was only slow burns what is there, like an action of that cost, and never more than that.
    assert_eq!(purse.settle(&held, 50).await.unwrap(), 40);
    assert_eq!(purse.settle(&held, 50).await.unwrap(), 0);
    assert_eq!(purse.figures().await, [50, 0, 0, 0, 0, 0]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_of_the_day_on_which_it_began() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let purse = Purse::of(&cloud, &ada);
    let midnight = cloud.services.clock.now().next_day();
    advance(midnight.since(cloud.services.clock.now()) - Duration::from_millis(1)).await;
    let ada = cloud.signed_in_again(&ada).await;
    let (burned, released) = (
        purse.hold(CreditAction::CompanySearch, MINUTE).await.unwrap().unwrap(),
        purse.hold(CreditAction::CompanySearch, MINUTE).await.unwrap().unwrap(),
    );
    advance(Duration::from_millis(1)).await;
    assert_eq!(credits(&app, &ada).await["allowance"], allowance(50, 0, midnight.next_day(), false));
    assert_eq!(purse.settle(&burned, 25).await.unwrap(), 25);
    assert_eq!(purse.settle(&released, 0).await.unwrap(), 0);
    assert_eq!(purse.figures().await, [0, 0, 0, 0, 0, 50], "the new day has all of its own, and none of the old one's");
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_expires_while_it_is_held_may_still_burn() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    purse.spend(CreditAction::InvestorSearch).await.unwrap();
    purse.grant(60, Some(MINUTE)).await.unwrap();
    let held = purse.hold(CreditAction::InvestorSearch, 2 * MINUTE).await.unwrap().unwrap();
    advance(MINUTE).await;
    assert_eq!(purse.figures().await, [50, 50, 0, 0, 0, 0]);
    purse.grant(5, None).await.unwrap();
    purse.check().await;
    assert_eq!(purse.settle(&held, 30).await.unwrap(), 30);
    assert_eq!(purse.figures().await, [50, 0, 5, 0, 0, 5], "what is released of it has expired");
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn of_many_at_once_as_many_are_held_as_there_are_credits_for() {
    for seed in 0..5 {
        let cloud = Cloud::with_timing(seed);
        let ada = cloud.founder("Ada").await;
        let purse = Purse::of(&cloud, &ada);
        let outcomes = join_all((0..8).map(|_| purse.hold(CreditAction::ChatMessage, MINUTE))).await;
        let held = outcomes.into_iter().filter_map(|outcome| outcome.ok().flatten()).collect::<Vec<_>>();
        assert!((1..=5).contains(&held.len()), "seed {seed}: {}", held.len());
        let total = 10 * i64::try_from(held.len()).unwrap();
        assert_eq!(purse.figures().await, [total, total, 0, 0, 0, 50 - total]);
        // Of two that settle one hold at once only one burns it.
        let first = &held[0];
        let twice = join_all([purse.settle(first, 10), purse.settle(first, 10)]).await;
        let burned = twice.iter().map(|outcome| *outcome.as_ref().unwrap()).sum::<i64>();
        assert_eq!(burned, 10, "seed {seed}");
        purse.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn only_so_many_actions_of_one_organization_are_under_way_at_once() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    let purse = Purse::of(&cloud, &ada);
    for _ in 0..50 {
        purse.hold(CreditAction::ChatMessage, MINUTE).await.unwrap().unwrap();
    }
    let problem = purse.hold(CreditAction::ChatMessage, MINUTE).await.unwrap_err();
    assert_eq!(problem.status().as_u16(), 429);
    advance(MINUTE).await;
    purse.hold(CreditAction::ChatMessage, MINUTE).await.unwrap().unwrap();
    purse.check().await;
}
