//! `GET /api/buz/balance/{userId}`, `/past`, `GET /api/buz/supply` and `GET /api/buz/quote`

use std::time::Duration;

use serde_json::json;
use shared::access::PlatformRole;

use crate::support::{BUZ, World};

#[tokio::test(start_paused = true)]
async fn a_balance_is_for_the_person_and_for_operators() {
    let world = World::new().await;
    let (ada, eve, support) =
        (world.person("Ada", 5).await, world.person("Eve", 0).await, world.person("Support", 0).await);
    world.cloud.set_platform_role(&support, PlatformRole::Support).await;
    let path = format!("balance/{}", ada.user_id);
    for caller in [&ada, &support, &world.admin] {
        let balance = world.get(caller, &path).await;
        assert_eq!(
            (&balance["posted"], &balance["available"], &balance["entries"]),
            (&json!(5 * BUZ), &json!(5 * BUZ), &json!(1))
        );
        assert_eq!((&balance["pendingIn"], &balance["pendingOut"]), (&json!(0), &json!(0)));
        assert_eq!(balance["lastHash"].as_str().unwrap().len(), 64);
    }
    for rest in ["", "/past?at=2026-11-20T09:00:00Z"] {
        world.ask(&eve, &format!("{path}{rest}")).await.expect_problem(403, "forbidden");
    }
    let empty = world.get(&eve, &format!("balance/{}", eve.user_id)).await;
    assert_eq!((&empty["posted"], &empty["entries"], &empty["lastHash"]), (&json!(0), &json!(0), &json!(null)));
    let nobody = "balance/usr_01KAGR3V0R0000000000000000";
    world.ask(&support, nobody).await.expect_problem(404, "not_found");
    world.ask(&eve, nobody).await.expect_problem(403, "forbidden");
    world.ask(&eve, "balance/nobody").await.expect_problem(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn the_past_is_told_to_the_millisecond() {
    let world = World::new().await;
    let began = world.cloud.services.clock.now();
    let (ada, grace) = (world.person("Ada", 5).await, world.person("Grace", 0).await);
    tokio::time::advance(Duration::from_secs(10)).await;
    world.send(&ada, &grace, BUZ).await.expect(201);
    for (milliseconds, expected) in
        [(0, 5 * BUZ), (9_999, 5 * BUZ), (10_000, 4 * BUZ - 1_000), (99_999, 4 * BUZ - 1_000)]
    {
        let at = began.plus(Duration::from_millis(milliseconds));
        let past = world.get(&ada, &format!("balance/{}/past?at={at}", ada.user_id)).await;
        assert_eq!(past["posted"], expected, "{milliseconds}");
    }
    let before = began.minus(Duration::from_millis(1));
    assert_eq!(world.get(&ada, &format!("balance/{}/past?at={before}", ada.user_id)).await["posted"], 0);
    for query in ["", "?at=yesterday", "?at=2026-11-20", "?at=2026-11-20T09:00:00Z&else=1"] {
        world.ask(&ada, &format!("balance/{}/past{query}", ada.user_id)).await.expect_problem(400, "malformed");
    }
}

#[tokio::test(start_paused = true)]
async fn the_supply_says_where_all_of_it_is() {
    let world = World::new().await;
    let nothing = world.get(&world.admin, "supply").await;
    assert_eq!(
        (&nothing["maximum"], &nothing["supply"], &nothing["decimals"]),
        (&json!(999_999_999_000_000_i64), &json!(0), &json!(6))
    );
    let (ada, grace) = (world.person("Ada", 1_000).await, world.person("Grace", 0).await);
    world.mint(None, 500 * BUZ).await;
    world.post(&world.admin, "burn", json!({"amount": 100 * BUZ, "reason": "Less"})).await.expect(201);
    world.send(&ada, &grace, 10 * BUZ).await.expect(201);
    world.post(&ada, "stake", json!({"amount": 200 * BUZ, "days": 30})).await.expect(201);
    let supply = world.get(&grace, "supply").await;
    let expected = json!({
        "decimals": 6, "maximum": 999_999_999 * BUZ, "minted": 1_500 * BUZ, "burned": 100 * BUZ, "supply": 1_400 * BUZ,
        "circulating": 1_000 * BUZ - 200 * BUZ - 10_000, "staked": 200 * BUZ, "rewardPool": 400 * BUZ, "fees": 10_000,
    });
    assert_eq!(supply, expected);
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn the_fee_is_told_before() {
    let world = World::new().await;
    let ada = world.person("Ada", 0).await;
    let quote = async |amount: &str| world.ask(&ada, &format!("quote?amount={amount}")).await;
    assert_eq!(quote("1000000").await.expect(200), json!({"amount": 1_000_000, "fee": 1_000, "total": 1_001_000}));
    assert_eq!(quote("1000001").await.expect(200), json!({"amount": 1_000_001, "fee": 1_001, "total": 1_001_002}));
    for amount in ["0", "-1", "999999", "1000000000001"] {
        quote(amount).await.expect_problem(422, "invalid");
    }
    for amount in ["", "1.5", "1e6", "9223372036854775808", "many"] {
        quote(amount).await.expect_problem(400, "malformed");
    }
}
