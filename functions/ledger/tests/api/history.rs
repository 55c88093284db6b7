//! `GET /api/buz/history/{userId}`

use serde_json::json;

use crate::support::{BUZ, World};

#[tokio::test(start_paused = true)]
async fn each_side_sees_its_own_of_a_transfer() {
    let world = World::new().await;
    let (ada, grace) = (world.person("Ada", 10).await, world.person("Grace", 0).await);
    let body = json!({"to": grace.user_id, "amount": BUZ, "memo": "For the engine"});
    let sent = world.post(&ada, "transfer", body).await.expect(201);
    let history = world.get(&ada, &format!("history/{}", ada.user_id)).await;
    let entry = &history["data"][0];
    assert_eq!(
        (&entry["amount"], &entry["fee"], &entry["balance"]),
        (&json!(-1_001_000), &json!(1_000), &json!(9 * BUZ - 1_000))
    );
    assert_eq!(
        (&entry["counterpartyId"], &entry["memo"], &entry["sequence"]),
        (&json!(grace.user_id), &json!("For the engine"), &json!(2))
    );
    assert_eq!((&entry["transferId"], &entry["reason"]), (&sent["id"], &json!("transfer")));
    let history = world.get(&grace, &format!("history/{}", grace.user_id)).await;
    let entry = &history["data"][0];
    assert_eq!((&entry["amount"], &entry["fee"], &entry["balance"]), (&json!(BUZ), &json!(null), &json!(BUZ)));
    assert_eq!((&entry["counterpartyId"], &entry["memo"]), (&json!(ada.user_id), &json!("For the engine")));
    world.ask(&grace, &format!("history/{}", ada.user_id)).await.expect_problem(403, "forbidden");
}

#[tokio::test(start_paused = true)]
async fn a_history_comes_by_page() {
    let world = World::new().await;
    let (ada, grace) = (world.person("Ada", 20).await, world.person("Grace", 0).await);
    for number in 1..=5 {
        world.send(&ada, &grace, BUZ + number).await.expect(201);
    }
    let path = format!("history/{}?limit=3", grace.user_id);
    let first = world.get(&grace, &path).await;
    let amounts = |page: &serde_json::Value| {
        page["data"].as_array().unwrap().iter().map(|entry| entry["amount"].as_i64().unwrap() - BUZ).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&first), [5, 4, 3]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = world.get(&grace, &format!("{path}&cursor={cursor}")).await;
    assert_eq!((amounts(&second), &second["nextCursor"]), (vec![2, 1], &json!(null)));
    let stolen = format!("history/{}?cursor={cursor}", ada.user_id);
    world.ask(&ada, &stolen).await.expect_problem(400, "malformed");
}
