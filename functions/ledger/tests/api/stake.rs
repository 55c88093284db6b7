//! `POST /api/buz/stake`, `POST /api/buz/unstake`, `GET /api/buz/stakes/{userId}` and `/api/buz/rewards`

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Caller;

use crate::support::{BUZ, World};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl World {
    async fn stake(&self, by: &Caller, amount: i64, days: u16) -> Value {
        self.post(by, "stake", json!({"amount": amount, "days": days})).await.expect(201)
    }

    /// Days pass, and the person signs in again.
    async fn pass(&self, days: u32, who: &Caller) -> Caller {
        tokio::time::advance(DAY * days).await;
        self.cloud.signed_in_again(who).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_stake_comes_back_with_its_rewards_when_its_days_are_over() {
    let world = World::new().await;
    let ada = world.person("Ada", 365).await;
    world.mint(None, 1_000 * BUZ).await;
    let stake = world.stake(&ada, 365 * BUZ, 30).await;
    assert_eq!(
        (&stake["rateBasisPoints"], &stake["rewardsAccrued"], &stake["endedAt"]),
        (&json!(500), &json!(0), &json!(null))
    );
    assert_eq!(world.available(&ada).await, 0);
    let id = json!({"stakeId": stake["id"]});
    let problem = world.post(&ada, "unstake", id.clone()).await.expect_problem(409, "stake_running");
    assert_eq!(problem["endsAt"], stake["endsAt"]);
    let ada = world.pass(29, &ada).await;
    world.post(&ada, "unstake", id.clone()).await.expect_problem(409, "stake_running");
    let ada = world.pass(1, &ada).await;
    let ended = world.post(&ada, "unstake", id.clone()).await.expect(200);
    // A 365th of 5 % of 365 BUZ for each of 30 days.
    assert_eq!((&ended["reward"], &ended["balance"]["available"]), (&json!(1_500_000), &json!(365 * BUZ + 1_500_000)));
    assert_eq!((&ended["stake"]["rewardsPaid"], &ended["stake"]["rewardsClaimable"]), (&json!(1_500_000), &json!(0)));
    assert_eq!(world.available(&ada).await, 365 * BUZ + 1_500_000);
    world.post(&ada, "unstake", id.clone()).await.expect_problem(409, "stake_ended");
    world.post(&ada, "rewards", id).await.expect_problem(409, "no_rewards");
    assert_eq!(world.get(&ada, "rewards").await["available"], 1_000 * BUZ - 1_500_000);
    assert_eq!(world.trail(&ada).await, ["buz.minted", "buz.staked", "buz.unstaked"]);
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn rewards_are_paid_by_the_day_and_never_twice() {
    let world = World::new().await;
    let ada = world.person("Ada", 365).await;
    world.mint(None, 1_000 * BUZ).await;
    let id = json!({"stakeId": world.stake(&ada, 365 * BUZ, 365).await["id"]});
    world.post(&ada, "rewards", id.clone()).await.expect_problem(409, "no_rewards");
    let ada = world.pass(10, &ada).await;
    // 8 % of 365 BUZ are 29.2 BUZ a year: 80,000 micro-BUZ a day.
    assert_eq!(world.post(&ada, "rewards", id.clone()).await.expect(200)["reward"], 800_000);
    world.post(&ada, "rewards", id.clone()).await.expect_problem(409, "no_rewards");
    let ada = world.pass(5, &ada).await;
    let listed = world.get(&ada, &format!("stakes/{}", ada.user_id)).await;
    let stake = &listed["data"][0];
    assert_eq!(
        (&stake["rewardsAccrued"], &stake["rewardsPaid"], &stake["rewardsClaimable"]),
        (&json!(1_200_000), &json!(800_000), &json!(400_000))
    );
    let ada = world.pass(1_000, &ada).await;
    let ended = world.post(&ada, "unstake", id).await.expect(200);
    assert_eq!(ended["reward"], 29_200_000 - 800_000, "after its days it earns nothing more");
    assert_eq!(world.available(&ada).await, 365 * BUZ + 29_200_000);
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_pool_is_said_and_keeps_nobody_from_their_stake() {
    let world = World::new().await;
    let ada = world.person("Ada", 365).await;
    world.mint(None, 1_499_999).await;
    let id = json!({"stakeId": world.stake(&ada, 365 * BUZ, 30).await["id"]});
    let ada = world.pass(30, &ada).await;
    let problem = world.post(&ada, "rewards", id.clone()).await.expect_problem(409, "reward_pool_empty");
    assert_eq!(problem["available"], "1499999");
    let ended = world.post(&ada, "unstake", id.clone()).await.expect(200);
    assert_eq!((&ended["reward"], &ended["stake"]["rewardsClaimable"]), (&json!(0), &json!(1_500_000)));
    assert_eq!(world.available(&ada).await, 365 * BUZ);
    let admin = world.cloud.signed_in_again(&world.admin).await;
    world.post(&admin, "mint", json!({"amount": 1, "reason": "The last one"})).await.expect(201);
    assert_eq!(world.post(&ada, "rewards", id).await.expect(200)["reward"], 1_500_000);
    assert_eq!(world.get(&ada, "rewards").await["available"], 0);
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_staked_is_refused() {
    let world = World::new().await;
    let (ada, eve) = (world.person("Ada", 10).await, world.person("Eve", 0).await);
    for (amount, days, wrong) in [
        (json!(999_999), json!(30), vec!["amount"]),
        (json!(0), json!(29), vec!["amount", "days"]),
        (json!(-1), json!(366), vec!["amount", "days"]),
        (json!(BUZ), json!(0), vec!["days"]),
    ] {
        let answer = world.post(&ada, "stake", json!({"amount": amount, "days": days})).await;
        let problem = answer.expect_problem(422, "invalid");
        let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect::<Vec<_>>();
        assert_eq!(paths, wrong);
    }
    for (amount, days) in
        [(json!(1.5), json!(30)), (json!(BUZ), json!(30.5)), (json!(BUZ), json!(-30)), (json!(BUZ), json!(70_000))]
    {
        world.post(&ada, "stake", json!({"amount": amount, "days": days})).await.expect_problem(400, "malformed");
    }
    world
        .post(&ada, "stake", json!({"amount": 10 * BUZ + 1, "days": 30}))
        .await
        .expect_problem(409, "insufficient_funds");
    let id = json!({"stakeId": world.stake(&ada, 10 * BUZ, 30).await["id"]});
    for path in ["unstake", "rewards"] {
        world.post(&eve, path, id.clone()).await.expect_problem(404, "not_found");
        world
            .post(&ada, path, json!({"stakeId": "stk_01KAGR3V0R0000000000000000"}))
            .await
            .expect_problem(404, "not_found");
        world.post(&ada, path, json!({"stakeId": "no"})).await.expect_problem(400, "malformed");
    }
    world.ask(&eve, &format!("stakes/{}", ada.user_id)).await.expect_problem(403, "forbidden");
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn one_stake_is_paid_back_once_however_often_it_is_asked_for_at_once() {
    for seed in 0..5 {
        let world = World::on(testkit::Cloud::with_timing(seed)).await;
        let ada = world.person("Ada", 365).await;
        world.mint(None, 1_000 * BUZ).await;
        let id = json!({"stakeId": world.stake(&ada, 365 * BUZ, 30).await["id"]});
        let ada = world.pass(30, &ada).await;
        let mut running = tokio::task::JoinSet::new();
        for path in ["unstake", "rewards", "unstake", "rewards", "unstake"] {
            running.spawn(world.app.post(&format!("/api/buz/{path}")).by(&ada).json(&id).send());
        }
        let answers = running.join_all().await;
        assert!(answers.iter().all(|answer| [200, 409].contains(&answer.status.as_u16())));
        assert_eq!(world.available(&ada).await, 365 * BUZ + 1_500_000, "seed {seed}");
        world.rows().await;
    }
}
