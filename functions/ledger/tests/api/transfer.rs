//! `POST /api/buz/transfer`

use serde_json::{Value, json};
use shared::ledger::AccountId;
use testkit::{Cloud, FaultPlan};
use tokio::task::JoinSet;

use crate::support::{BUZ, World};

#[tokio::test(start_paused = true)]
async fn what_is_sent_arrives_and_the_fee_is_paid_besides() {
    let world = World::new().await;
    let (ada, grace) = (world.person("Ada", 10).await, world.person("Grace", 0).await);
    let body = json!({"to": grace.user_id, "amount": 2 * BUZ + 1, "memo": "For the engine"});
    let sent = world.post(&ada, "transfer", body).await.expect(201);
    assert_eq!((&sent["amount"], &sent["fee"], &sent["total"]), (&json!(2_000_001), &json!(2_001), &json!(2_002_002)));
    assert_eq!(
        (&sent["from"], &sent["to"], &sent["memo"]),
        (&json!(ada.user_id), &json!(grace.user_id), &json!("For the engine"))
    );
    assert_eq!(sent["balance"]["available"], 10 * BUZ - 2_002_002);
    assert_eq!((world.available(&ada).await, world.available(&grace).await), (10 * BUZ - 2_002_002, 2_000_001));
    assert_eq!(world.rows().await.posted(AccountId::BuzFees), 2_001);
    assert_eq!(world.trail(&ada).await, ["buz.minted", "buz.transferred"]);
}

#[tokio::test(start_paused = true)]
async fn every_amount_that_cannot_be_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let (ada, grace) = (world.person("Ada", 10).await, world.person("Grace", 0).await);
    let body = |amount: Value| json!({"to": grace.user_id, "amount": amount});
    for amount in
        [json!(0), json!(-1), json!(-1_000_000), json!(999_999), json!(1_000_000_000_001_i64), json!(i64::MAX)]
    {
        world.post(&ada, "transfer", body(amount)).await.expect_problem(422, "invalid");
    }
    for amount in [json!(1.5), json!("1000000"), json!(null), json!(1e30), json!(u64::MAX), json!([1])] {
        world.post(&ada, "transfer", body(amount)).await.expect_problem(400, "malformed");
    }
    let wrong = json!({"to": grace.user_id, "amount": 0, "transferId": "with a space", "memo": " "});
    let problem = world.post(&ada, "transfer", wrong).await.expect_problem(422, "invalid");
    let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect::<Vec<_>>();
    assert_eq!(paths, ["amount", "memo", "transferId"], "all of them");
    // Exactly what there is cannot be sent, since the fee comes besides.
    let problem = world.post(&ada, "transfer", body(json!(10 * BUZ))).await.expect_problem(409, "insufficient_funds");
    assert_eq!(problem["available"], (10 * BUZ).to_string());
    world
        .post(&grace, "transfer", json!({"to": ada.user_id, "amount": BUZ}))
        .await
        .expect_problem(409, "insufficient_funds");
    assert_eq!((world.available(&ada).await, world.rows().await.transfers.len()), (10 * BUZ, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_to_oneself_nor_to_nobody() {
    let world = World::new().await;
    let (ada, gone) = (world.person("Ada", 10).await, world.person("Gone", 0).await);
    world.cloud.suspend(&gone).await;
    for to in [ada.user_id.to_string(), gone.user_id.to_string(), "usr_01KAGR3V0R0000000000000000".to_owned()] {
        let problem =
            world.post(&ada, "transfer", json!({"to": to, "amount": BUZ})).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "to");
    }
    for to in ["org_01KAGR3V0R0000000000000000", "Grace", ""] {
        world.post(&ada, "transfer", json!({"to": to, "amount": BUZ})).await.expect_problem(400, "malformed");
    }
    assert_eq!(world.available(&ada).await, 10 * BUZ);
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn one_transfer_id_is_one_transfer() {
    let world = World::new().await;
    let (ada, grace) = (world.person("Ada", 10).await, world.person("Grace", 10).await);
    let body = json!({"to": grace.user_id, "amount": BUZ, "transferId": "rent-11", "memo": "November"});
    let first = world.post(&ada, "transfer", body.clone()).await.expect(201);
    world.send(&grace, &ada, BUZ).await.expect(201);
    assert_eq!(
        world.post(&ada, "transfer", body.clone()).await.expect(201),
        first,
        "the first result, balance and all"
    );
    for (field, value, differs) in [
        ("amount", json!(2 * BUZ), "amount"),
        ("to", json!(world.admin.user_id), "account"),
        ("memo", json!("December"), "memo"),
        ("memo", json!(null), "memo"),
    ] {
        let mut other = body.clone();
        other[field] = value;
        let problem = world.post(&ada, "transfer", other).await.expect_problem(409, "transfer_id_used");
        assert_eq!(problem["field"], differs);
    }
    // Another person's is another.
    let other = json!({"to": ada.user_id, "amount": BUZ, "transferId": "rent-11", "memo": "November"});
    assert_ne!(world.post(&grace, "transfer", other).await.expect(201)["id"], first["id"]);
    world.rows().await;
}

#[tokio::test(start_paused = true)]
async fn one_idempotency_key_is_one_transfer() {
    let world = World::new().await;
    let (ada, grace) = (world.person("Ada", 10).await, world.person("Grace", 0).await);
    let send = |amount: i64| {
        let body = json!({"to": grace.user_id, "amount": amount});
        world.app.post("/api/buz/transfer").by(&ada).header("idempotency-key", "once").json(&body).send()
    };
    let first = send(BUZ).await.expect(201);
    assert_eq!(send(BUZ).await.expect(201), first);
    send(2 * BUZ).await.expect_problem(422, "invalid");
    assert_eq!(world.available(&grace).await, BUZ);
}

#[tokio::test(start_paused = true)]
async fn many_at_once_spend_no_more_than_there_is() {
    for seed in 0..5 {
        let world = World::on(Cloud::with_timing(seed)).await;
        let (ada, grace) = (world.person("Ada", 3).await, world.person("Grace", 0).await);
        let mut running = JoinSet::new();
        for _ in 0..12 {
            let body = json!({"to": grace.user_id, "amount": BUZ});
            running.spawn(world.app.post("/api/buz/transfer").by(&ada).json(&body).send());
        }
        let statuses = running.join_all().await.into_iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
        let sent = statuses.iter().filter(|status| **status == 201).count();
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
        assert!((1..=2).contains(&sent), "three BUZ less two fees: {statuses:?}");
        assert_eq!(world.available(&grace).await, i64::try_from(sent).unwrap() * BUZ);
        world.rows().await;
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_on_the_way_a_repeat_under_the_id_sends_once() {
    for seed in 0..10 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = World::on(cloud.without_faults()).await;
        let (ada, grace) = (calm.person("Ada", 10).await, calm.person("Grace", 0).await);
        let app = testkit::TestApp::new(
            ledger::router().with_state(ledger::Deps { services: cloud.services.clone() }).into(),
            &cloud.services,
        );
        let body = json!({"to": grace.user_id, "amount": BUZ, "transferId": "once"});
        let mut sent = None;
        for _ in 0..50 {
            let answer = app.post("/api/buz/transfer").by(&ada).json(&body).send().await;
            if answer.status == 201 {
                sent = Some(answer.expect(201));
                break;
            }
            assert!([409, 503].contains(&answer.status.as_u16()), "seed {seed}: {}", answer.text);
        }
        assert_eq!(sent.expect("it is sent some day")["balance"]["available"], 9 * BUZ - 1_000, "seed {seed}");
        assert_eq!((calm.available(&ada).await, calm.available(&grace).await), (9 * BUZ - 1_000, BUZ), "seed {seed}");
        let mut trail = calm.trail(&ada).await;
        trail.sort();
        assert_eq!(trail, ["buz.minted", "buz.transferred"], "seed {seed}");
        calm.rows().await;
    }
}
