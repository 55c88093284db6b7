//! `POST /api/stripe/create-checkout`, `GET /api/billing/checkouts/{checkoutId}` and `GET /api/billing/prices`

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::access::Role;
use stripe_sandbox::Card;
use testkit::{Cloud, FaultPlan};
use tokio::time::sleep;

use crate::support::{Bench, CREATE, PACK, PRO, checkout, id};

#[tokio::test(start_paused = true)]
async fn a_checkout_leads_to_stripes_page_and_says_what_came_of_it() {
    let bench = Bench::new().await;
    let created = bench.create(PRO).send().await.expect(201);
    assert!(created["url"].as_str().unwrap().ends_with(&format!("/checkout/{}", id(&created))), "{created}");
    let path = format!("/api/billing/checkouts/{}", id(&created));
    let found = bench.get(&path).send().await.expect(200);
    assert_eq!(found["product"], "plan_pro");
    assert_eq!(
        (&found["status"], &found["amount"], &found["currency"]),
        (&json!("open"), &json!(1_900), &json!("usd"))
    );
    assert_eq!(bench.trail().await, ["billing.checkoutStarted"]);
    let eve = bench.cloud.founder("Eve").await;
    let foreign = bench.app.get(&path).by(&eve).organization(eve.organization_id).send().await;
    foreign.expect_problem(404, "not_found");
    for unknown in ["cs_unknown".to_owned(), "x".repeat(300)] {
        bench.get(&format!("/api/billing/checkouts/{unknown}")).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_is_named_and_stripe_is_not_asked() {
    let bench = Bench::new().await;
    let wrong = json!({
        "priceId": "price_of_nothing", "successUrl": "https://evil.example/", "cancelUrl": "http://app.example.com/",
        "metadata": {"organization_id": "org_1", "a name": "x", "long": "x".repeat(501)},
    });
    let problem = bench.post(CREATE).json(&wrong).send().await.expect_problem(422, "invalid");
    let paths =
        problem["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(paths, ["priceId", "successUrl", "cancelUrl", "metadata", "metadata.long", "metadata.organization_id"]);
    let many = (0..21).map(|number| (format!("name{number}"), json!("x"))).collect::<serde_json::Map<_, _>>();
    let mut body = checkout(PRO);
    body["metadata"] = Value::Object(many);
    bench.post(CREATE).json(&body).send().await.expect_problem(422, "invalid");
    bench.post(CREATE).json(&json!({"priceId": PRO})).send().await.expect_problem(400, "malformed");
    assert!(bench.sandbox.customers().is_empty() && bench.trail().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_owner_alone_buys() {
    let bench = Bench::new().await;
    for role in [Role::Admin, Role::Member] {
        let other = bench.other(role).await;
        let answer =
            bench.app.post(CREATE).by(&other).organization(bench.ada.organization_id).json(&checkout(PRO)).send();
        answer.await.expect_problem(403, "forbidden");
    }
    bench.app.post(CREATE).json(&checkout(PRO)).send().await.expect_problem(401, "token_missing");
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_gets_the_same_checkout() {
    let bench = Bench::new().await;
    let send = |body: Value| bench.post(CREATE).header("idempotency-key", "once").json(&body).send();
    let first = send(checkout(PRO)).await.expect(201);
    let repeat = send(checkout(PRO)).await;
    assert_eq!(repeat.header("idempotency-replayed"), Some("true"));
    assert_eq!(repeat.expect(201), first);
    send(checkout(PACK)).await.expect_problem(422, "invalid");
    assert_eq!(bench.trail().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_not_bought_twice() {
    let bench = Bench::new().await;
    let first = bench.create(PRO).send().await.expect(201);
    let second = bench.create(PRO).send().await.expect(201);
    assert!(!bench.sandbox.pay(&id(&first), Card::Accepted), "the one before is closed");
    assert!(bench.sandbox.pay(&id(&second), Card::Accepted));
    // Before its webhook arrives, too.
    bench.create(PRO).send().await.expect_problem(409, "already_subscribed");
    bench.create(PACK).send().await.expect(201);
    let answers = join_all((0..4).map(|_| bench.create(PACK).send())).await;
    assert!(answers.iter().all(|answer| answer.status == 201), "packs are bought as often as somebody likes");
}

#[tokio::test(start_paused = true)]
async fn of_many_checkouts_for_a_plan_at_once_one_can_be_paid() {
    let bench = Bench::new().await;
    let answers = join_all((0..4).map(|_| bench.create(PRO).send())).await;
    let created =
        answers.iter().filter(|answer| answer.status == 201).map(|answer| id(&answer.json)).collect::<Vec<_>>();
    assert!(!created.is_empty() && answers.iter().all(|answer| [201, 409].contains(&answer.status.as_u16())));
    let paid = created.iter().filter(|session| bench.sandbox.pay(session, Card::Accepted)).count();
    assert_eq!(paid, 1, "{created:?}");
    assert_eq!(bench.sandbox.customers().len(), 1, "one organisation is one customer");
}

#[tokio::test(start_paused = true)]
async fn nobody_begins_checkouts_without_end() {
    let bench = Bench::new().await;
    for _ in 0..30 {
        bench.create(PACK).send().await.expect(201);
    }
    let refused = bench.create(PACK).send().await;
    assert!(refused.header("retry-after").is_some());
    refused.expect_problem(429, "too_many_requests");
}

#[tokio::test(start_paused = true)]
async fn what_is_sold_is_listed_with_its_prices() {
    let bench = Bench::new().await;
    let prices = bench.app.get("/api/billing/prices").send().await.expect(200);
    assert_eq!(prices["data"][0], json!({"priceId": PRO, "product": "plan_pro", "amountCents": 1_900}));
    assert_eq!(prices["data"].as_array().unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_does_a_key_makes_one_checkout() {
    for seed in 0..20 {
        let bench = Bench::over(Cloud::with_faults(FaultPlan::seeded(seed))).await;
        let mut created = None;
        for attempt in 0.. {
            assert!(attempt < 30, "seed {seed}: no end");
            let send = || bench.create(PACK).header("idempotency-key", "once").send();
            let answers = join_all((0..2).map(|_| send())).await;
            for answer in answers.into_iter().filter(|answer| answer.status == 201) {
                assert_eq!(*created.get_or_insert_with(|| id(&answer.json)), id(&answer.json), "seed {seed}");
            }
            if created.is_some() {
                break;
            }
            sleep(Duration::from_secs(60)).await;
        }
        let trail = bench.trail().await;
        assert_eq!(trail, ["billing.checkoutStarted"], "seed {seed}");
        assert_eq!(bench.sandbox.customers().len(), 1, "seed {seed}");
    }
}
