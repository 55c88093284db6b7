//! `POST /api/billing/webhook-events/replay`

use std::time::Duration;

use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::clock::Timestamp;
use shared::model::inbound_event::{InboundEvent, InboundStatus, Provider};
use shared::trace::Trace;

use crate::support::Bench;

const PATH: &str = "/api/billing/webhook-events/replay";

/// Events of three days, one an hour; every third was given up, the others were worked off.
async fn events(bench: &Bench, start: Timestamp, count: u64) {
    let trace = Trace::begin(&bench.cloud.services.ids);
    for number in 0..count {
        let at = start.plus(Duration::from_secs(3600) * u32::try_from(number).unwrap());
        let kind = if number % 2 == 0 { "invoice.paid" } else { "charge.refunded" };
        let event = InboundEvent::new(Provider::Stripe, format!("evt_{number}"), kind.to_owned(), trace, at);
        let event = if number % 3 == 0 { event.attempt_failed("unreadable", false, at) } else { event.processed() };
        bench.cloud.write(|transaction| transaction.create(event.clone())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_a_time_a_type_and_a_state_are_worked_off_once_more() {
    let bench = Bench::new().await;
    let admin = bench.cloud.caller("Admin").await;
    bench.cloud.set_platform_role(&admin, PlatformRole::Admin).await;
    let start = Timestamp::from_seconds(1_795_132_800);
    events(&bench, start, 72).await;
    let send = |body: Value| bench.app.post(PATH).by(&admin).json(&body).send();
    let all = json!({"provider": "stripe", "from": start, "to": start.plus(Duration::from_secs(72 * 3600))});
    let with = |name: &str, value: Value| {
        let mut body = all.clone();
        body[name] = value;
        body
    };
    let failed = send(with("status", json!("failed"))).await.expect(200);
    assert_eq!(failed, json!({"examined": 72, "replayed": 24, "continueFrom": null}));
    let key = InboundEvent::key_of(Provider::Stripe, "evt_3");
    let row = bench.cloud.services.store.get::<InboundEvent>(&key).await.unwrap().unwrap();
    assert_eq!((row.status, row.attempts), (InboundStatus::Pending, 0));
    assert_eq!(send(with("status", json!("failed"))).await.expect(200)["replayed"], 0, "they are pending");
    let mut some = with("type", json!("charge.refunded"));
    some["to"] = json!(start.plus(Duration::from_secs(24 * 3600)));
    assert_eq!(send(some).await.expect(200), json!({"examined": 24, "replayed": 8, "continueFrom": null}));
    let other = send(with("provider", json!("linkedin"))).await.expect(200);
    assert_eq!(other["examined"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_looks_at_so_many_and_says_where_to_go_on() {
    let bench = Bench::new().await;
    let admin = bench.cloud.caller("Admin").await;
    bench.cloud.set_platform_role(&admin, PlatformRole::Admin).await;
    let start = bench.cloud.services.clock.now();
    let trace = Trace::begin(&bench.cloud.services.ids);
    for number in 0..1_100_u64 {
        let at = start.plus(Duration::from_millis(number));
        let event = InboundEvent::new(Provider::Stripe, format!("evt_{number}"), "invoice.paid".to_owned(), trace, at);
        bench.cloud.write(|transaction| transaction.create(event.processed())).await;
    }
    let (mut from, to, mut replayed) = (json!(start), start.plus(Duration::from_secs(60)), 0);
    while !from.is_null() {
        let body = json!({"provider": "stripe", "from": from, "to": to});
        let answer = bench.app.post(PATH).by(&admin).json(&body).send().await.expect(200);
        replayed += answer["replayed"].as_u64().unwrap();
        from = answer["continueFrom"].clone();
    }
    assert_eq!(replayed, 1_100);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_cannot_be_is_refused_and_so_is_whoever_is_no_operator() {
    let bench = Bench::new().await;
    let admin = bench.cloud.caller("Admin").await;
    bench.cloud.set_platform_role(&admin, PlatformRole::Admin).await;
    let start = bench.cloud.services.clock.now();
    for to in [start, start.plus(Duration::from_secs(41 * 24 * 3600))] {
        let body = json!({"provider": "stripe", "from": start, "to": to});
        let problem = bench.app.post(PATH).by(&admin).json(&body).send().await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "to");
    }
    let body = json!({"provider": "stripe", "from": start, "to": start.plus(Duration::from_secs(1))});
    bench.post(PATH).json(&body).send().await.expect_problem(403, "forbidden");
}
