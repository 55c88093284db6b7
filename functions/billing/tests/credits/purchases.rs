//! Credits that are bought, and taken back when their payment is.

use std::time::Duration;

use shared::plan::CreditAction;
use testkit::Cloud;

use crate::support::{Purse, app, credits};

#[tokio::test(start_paused = true)]
async fn what_is_taken_back_and_was_spent_is_owed_and_the_next_purchase_pays_it_first() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let purse = Purse::of(&cloud, &ada);
    assert_eq!(purse.purchase(100).await, 0);
    for _ in 0..2 {
        purse.spend(CreditAction::InvestorSearch).await.unwrap();
    }
    assert_eq!(purse.figures().await, [50, 0, 0, 50, 0, 50]);
    assert_eq!(purse.take_back(100).await, 50);
    assert_eq!(purse.figures().await, [50, 0, 0, 0, 50, 0]);
    assert_eq!(credits(&app, &ada).await["debt"], 50);
    assert_eq!(purse.spend(CreditAction::ChatMessage).await.unwrap_err().code(), "credits_required");
    assert_eq!(purse.purchase(30).await, 30);
    assert_eq!(purse.figures().await, [50, 0, 0, 0, 20, 0]);
    assert_eq!(purse.purchase(30).await, 20);
    assert_eq!(purse.figures().await, [50, 0, 0, 10, 0, 10]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_debt_takes_neither_the_days_credits_nor_grants() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    assert_eq!(purse.take_back(70).await, 70);
    purse.grant(20, None).await.unwrap();
    assert_eq!(purse.figures().await, [0, 0, 20, 0, 70, 70]);
    assert_eq!(purse.spend(CreditAction::InvestorSearch).await.unwrap(), 50);
    assert_eq!(purse.figures().await, [50, 0, 20, 0, 70, 20]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn what_an_action_under_way_holds_is_not_taken_back_from_it() {
    let cloud = Cloud::new();
    let ada = cloud.founder("Ada").await;
    let purse = Purse::of(&cloud, &ada);
    purse.purchase(50).await;
    purse.spend(CreditAction::InvestorSearch).await.unwrap();
    let held = purse.hold(CreditAction::InvestorSearch, Duration::from_secs(60)).await.unwrap().unwrap();
    assert_eq!(purse.take_back(50).await, 50);
    assert_eq!(purse.settle(&held, 10).await.unwrap(), 10);
    assert_eq!(purse.figures().await, [50, 0, 0, 40, 50, 40]);
    purse.check().await;
}
