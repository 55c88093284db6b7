//! What the comparison finds.

use std::collections::BTreeMap;
use std::time::Duration;

use payments::{Payments, inbound};
use reconciliation::{Deps, handle};
use shared::config::Variables;
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::trace::Trace;
use stripe_sandbox::{Card, PRICES, SECRET_KEY, Sandbox};
use testkit::Cloud;
use tokio::time::advance;
use vendors::http::Http;
use vendors::stripe::webhook::Event;

const TIME: Duration = Duration::from_secs(299);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn bench() -> (Cloud, Sandbox, Deps) {
    let cloud = Cloud::new();
    let sandbox = Sandbox::new(cloud.services.clock.clone());
    let variables =
        [("STRIPE_SECRET_KEY", SECRET_KEY), ("STRIPE_BASE_URL", "http://stripe.local"), ("STRIPE_PRICES", PRICES)];
    let variables: Variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let http = Http::new(sandbox.connector(), cloud.services.clock.clone());
    let payments = Payments::read(&variables, http, cloud.services.ids.clone()).unwrap();
    let deps = Deps { services: cloud.services.clone(), payments };
    (cloud, sandbox, deps)
}

#[tokio::test(start_paused = true)]
async fn what_never_arrived_is_stored_once_and_what_did_is_left_alone() {
    let (cloud, sandbox, deps) = bench();
    let customer = sandbox.customer(&BTreeMap::new());
    for _ in 0..60 {
        sandbox.buy(&customer, "price_credits_4900", Card::Accepted, &BTreeMap::new()).unwrap();
    }
    let all =
        sandbox.events().iter().map(|body| serde_json::from_value::<Event>(body.clone()).unwrap()).collect::<Vec<_>>();
    assert_eq!(all.len(), 120, "more than a page");
    let trace = Trace::begin(&cloud.services.ids);
    for event in all.iter().step_by(3) {
        let row = inbound(event, trace, cloud.services.clock.now()).unwrap();
        cloud.write(|transaction| transaction.create(row.clone())).await;
    }
    let early = handle(&deps, TIME).await.unwrap();
    assert_eq!((early.listed, early.missing), (120, 0), "they may be on their way");
    advance(HOUR * 2).await;
    let found = handle(&deps, TIME).await.unwrap();
    assert_eq!((found.listed, found.missing, found.finished), (120, 80, true));
    for event in &all {
        let key = InboundEvent::key_of(Provider::Stripe, &event.id);
        let row = cloud.services.store.get::<InboundEvent>(&key).await.unwrap().unwrap();
        assert_eq!((row.kind.as_str(), row.version), (event.kind.as_str(), 1));
    }
    assert_eq!(handle(&deps, TIME).await.unwrap().missing, 0);
    advance(HOUR * 3).await;
    let later = handle(&deps, TIME).await.unwrap();
    assert_eq!((later.listed, later.missing), (0, 0), "only what came since is looked at again");
}

#[tokio::test(start_paused = true)]
async fn after_days_without_runs_everything_that_is_listed_is_compared() {
    let (_cloud, sandbox, deps) = bench();
    assert_eq!(handle(&deps, TIME).await.unwrap().listed, 0);
    let customer = sandbox.customer(&BTreeMap::new());
    sandbox.buy(&customer, "price_credits_4900", Card::Accepted, &BTreeMap::new()).unwrap();
    advance(HOUR * 24 * 20).await;
    let found = handle(&deps, TIME).await.unwrap();
    assert_eq!((found.listed, found.missing), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_run_without_time_leaves_the_rest_to_the_next() {
    let (_cloud, sandbox, deps) = bench();
    let customer = sandbox.customer(&BTreeMap::new());
    for _ in 0..60 {
        sandbox.buy(&customer, "price_credits_4900", Card::Accepted, &BTreeMap::new()).unwrap();
    }
    advance(HOUR).await;
    let short = handle(&deps, Duration::ZERO).await.unwrap();
    assert_eq!((short.listed, short.missing, short.finished), (100, 100, false));
    let next = handle(&deps, TIME).await.unwrap();
    assert_eq!((next.listed, next.missing, next.finished), (120, 20, true));
}
