//! `POST /api/buz/mint` and `POST /api/buz/burn`

use serde_json::json;
use shared::access::PlatformRole;

use crate::support::{BUZ, World};

#[tokio::test(start_paused = true)]
async fn only_admins_of_the_platform_mint_and_burn() {
    let world = World::new().await;
    let (ada, support) = (world.person("Ada", 0).await, world.person("Support", 0).await);
    world.cloud.set_platform_role(&support, PlatformRole::Support).await;
    for caller in [&ada, &support] {
        for path in ["mint", "burn"] {
            let body = json!({"userId": ada.user_id, "amount": BUZ, "reason": "Please"});
            world.post(caller, path, body).await.expect_problem(403, "forbidden");
        }
    }
    assert!(world.rows().await.transfers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_minted_and_burned_is_counted_and_told() {
    let world = World::new().await;
    let ada = world.person("Ada", 0).await;
    let minted = world.mint(Some(ada.user_id), 5 * BUZ).await;
    assert_eq!((&minted["total"], &minted["balance"]["available"]), (&json!(5 * BUZ), &json!(5 * BUZ)));
    assert_eq!(world.mint(None, 2 * BUZ).await["total"], 7 * BUZ);
    let burn = json!({"userId": ada.user_id, "amount": BUZ, "reason": "Sent by mistake"});
    let burned = world.post(&world.admin, "burn", burn).await.expect(201);
    assert_eq!(
        (&burned["total"], &burned["balance"]["available"], &burned["reason"]),
        (&json!(BUZ), &json!(4 * BUZ), &json!("Sent by mistake"))
    );
    let burn = json!({"amount": 2 * BUZ, "reason": "All of the pool"});
    assert_eq!(world.post(&world.admin, "burn", burn).await.expect(201)["total"], 3 * BUZ);
    assert_eq!(world.trail(&ada).await, ["buz.minted", "buz.burned"]);
    assert_eq!(world.trail(&world.admin).await, ["buz.minted", "buz.burned"]);
    let history = world.get(&ada, &format!("history/{}", ada.user_id)).await;
    assert_eq!(history["data"][0]["memo"], "Sent by mistake");
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn there_is_never_more_than_there_may_be() {
    let world = World::new().await;
    let ada = world.person("Ada", 0).await;
    world.mint(Some(ada.user_id), 999_999_999 * BUZ).await;
    let one = |reason: &str| json!({"userId": ada.user_id, "amount": 1, "reason": reason});
    world.post(&world.admin, "mint", one("More")).await.expect_problem(409, "supply_exhausted");
    world.post(&world.admin, "burn", one("Less")).await.expect(201);
    world.post(&world.admin, "mint", one("What was burned")).await.expect_problem(409, "supply_exhausted");
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_minted_or_burned_is_refused() {
    let world = World::new().await;
    let ada = world.person("Ada", 1).await;
    for path in ["mint", "burn"] {
        for body in [
            json!({"amount": 0, "reason": "x"}),
            json!({"amount": -1, "reason": "x"}),
            json!({"amount": 999_999_999_000_001_i64, "reason": "x"}),
            json!({"amount": 1, "reason": " "}),
        ] {
            world.post(&world.admin, path, body).await.expect_problem(422, "invalid");
        }
        for body in [
            json!({"amount": 1}),
            json!({"amount": 1.5, "reason": "x"}),
            json!({"amount": 1, "reason": "x", "asset": "credits"}),
        ] {
            world.post(&world.admin, path, body).await.expect_problem(400, "malformed");
        }
        let nobody = json!({"userId": "usr_01KAGR3V0R0000000000000000", "amount": 1, "reason": "x"});
        let status = if path == "mint" { (422, "invalid") } else { (409, "insufficient_funds") };
        world.post(&world.admin, path, nobody).await.expect_problem(status.0, status.1);
    }
    let body = json!({"userId": ada.user_id, "amount": BUZ + 1, "reason": "x"});
    world.post(&world.admin, "burn", body).await.expect_problem(409, "insufficient_funds");
    world
        .post(&world.admin, "burn", json!({"amount": 1, "reason": "x"}))
        .await
        .expect_problem(409, "reward_pool_empty");
    let once = json!({"amount": 5, "reason": "Seed", "transferId": "seed"});
    let first = world.post(&world.admin, "mint", once.clone()).await.expect(201);
    assert_eq!(world.post(&world.admin, "mint", once).await.expect(201), first);
    let other = json!({"amount": 6, "reason": "Seed", "transferId": "seed"});
    assert_eq!(
        world.post(&world.admin, "mint", other).await.expect_problem(409, "transfer_id_used")["field"],
        "amount"
    );
    world.rows().await;
}
