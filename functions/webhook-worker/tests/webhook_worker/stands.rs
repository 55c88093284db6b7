//! Leases, repeats, faults, and what is of no concern.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use shared::model::inbound_event::{InboundEvent, InboundStatus, LEASE, Provider};
use shared::plan::PlanName;
use shared::queue::InboundMessage;
use shared::trace::Trace;
use shared_lambda::JobError;
use stripe_sandbox::Card;
use testkit::{Cloud, FaultPlan};
use tokio::time::{advance, sleep};
use vendors::http::Http;
use webhook_worker::{Deps, work};

use crate::support::{Bench, PACK, PRO, message, variables};

fn row(bench: &Bench, provider: Provider, id: &str, kind: &str, object_id: Option<&str>) -> InboundEvent {
    let services = &bench.cloud.services;
    let trace = Trace::begin(&services.ids);
    let object_id = object_id.map(str::to_owned);
    InboundEvent {
        object_id,
        ..InboundEvent::new(provider, id.to_owned(), kind.to_owned(), trace, services.clock.now())
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_of_no_concern_is_ignored_with_the_reason() {
    let bench = Bench::new().await;
    let foreign = bench.sandbox.customer(&BTreeMap::new());
    let session = bench.sandbox.buy(&foreign, PRO, Card::Accepted, &BTreeMap::new()).unwrap();
    let other = bench.cloud.services.ids.next::<shared::id::OrganizationId>();
    let gone = BTreeMap::from([("organization_id".to_owned(), other.to_string())]);
    let gone = bench.sandbox.customer(&gone);
    let purged = bench.sandbox.buy(&gone, PACK, Card::Accepted, &BTreeMap::new()).unwrap();
    let stripe = Provider::Stripe;
    for (event, reason) in [
        (row(&bench, stripe, "evt_1", "issuing_card.created", Some("ic_1")), "unknown_type"),
        (row(&bench, stripe, "evt_2", "charge.refunded", None), "no_object"),
        (row(&bench, stripe, "evt_3", "checkout.session.completed", Some(&session)), "not_ours"),
        (row(&bench, stripe, "evt_4", "checkout.session.completed", Some(&purged)), "organization_gone"),
        (row(&bench, stripe, "evt_5", "invoice.paid", Some("in_nowhere")), "gone_at_stripe"),
        (row(&bench, Provider::Unipile, "evt_6", "message.new", None), "no_handler"),
    ] {
        bench.store(event.clone()).await;
        let message = InboundMessage::Event { provider: event.provider, event_id: event.id.clone(), trace: None };
        work(&bench.deps, message).await.unwrap();
        let key = InboundEvent::key_of(event.provider, &event.id);
        let stored = bench.cloud.services.store.get::<InboundEvent>(&key).await.unwrap().unwrap();
        assert_eq!((stored.status, stored.reason.as_deref()), (InboundStatus::Ignored, Some(reason)), "{}", event.kind);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_names_somebody_elses_organization_changes_nothing() {
    let bench = Bench::new().await;
    let foreign = bench.sandbox.customer(&BTreeMap::new());
    let metadata = BTreeMap::from([
        ("organization_id".to_owned(), bench.ada.organization_id.to_string()),
        ("product".to_owned(), "credits_4900".to_owned()),
    ]);
    bench.sandbox.buy(&foreign, PACK, Card::Accepted, &metadata).unwrap();
    bench.settle().await;
    assert!(bench.purchases().await.is_empty() && bench.trail().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn many_workers_at_once_do_it_once() {
    let bench = Bench::new().await;
    bench.buy(PRO, Card::Accepted).await;
    let ids = bench.receive().await;
    join_all(ids.iter().chain(&ids).map(|id| work(&bench.deps, message(id)))).await;
    for id in &ids {
        work(&bench.deps, message(id)).await.unwrap();
        assert!(matches!(bench.event(id).await.status, InboundStatus::Processed | InboundStatus::Ignored));
    }
    let trail = bench.trail().await;
    let count = |kind: &str| trail.iter().filter(|one| *one == kind).count();
    let once = ["organization.planChanged", "billing.paymentSucceeded", "billing.checkoutChanged"].map(count);
    assert_eq!((once, bench.plan().await), ([1, 1, 1], PlanName::Pro), "{trail:?}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_is_taken_over_after_its_lease() {
    let bench = Bench::new().await;
    bench.buy(PRO, Card::Accepted).await;
    let id = bench.receive().await.pop().unwrap();
    let (store, services) = (&bench.cloud.services.store, &bench.cloud.services);
    let found = store.get::<InboundEvent>(&InboundEvent::key_of(Provider::Stripe, &id)).await.unwrap().unwrap();
    let claim = found.claimed(services.ids.next(), services.clock.now()).unwrap();
    store.replace(&found, claim).await.unwrap().unwrap();
    work(&bench.deps, message(&id)).await.unwrap();
    assert_eq!(bench.event(&id).await.status, InboundStatus::Pending);
    advance(LEASE).await;
    work(&bench.deps, message(&id)).await.unwrap();
    let event = bench.event(&id).await;
    assert_eq!((event.status, event.attempts), (InboundStatus::Processed, 2));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_tried_for_hours_and_then_given_up_with_its_reason() {
    let bench = Bench::new().await;
    bench.buy(PRO, Card::Accepted).await;
    let id = bench.receive().await.pop().unwrap();
    let nobody = embedded::Hooks::default();
    nobody.answer(503_u16.try_into().unwrap());
    let http = Http::new(nobody.connector(), bench.cloud.services.clock.clone());
    let payments = payments::Payments::read(&variables(), http, bench.cloud.services.ids.clone()).unwrap();
    let down = Deps { payments, ..bench.deps.clone() };
    let mut attempts = 0;
    let error = loop {
        attempts += 1;
        match work(&down, message(&id)).await {
            Ok(()) => sleep(bench.event(&id).await.due_at.since(bench.cloud.services.clock.now())).await,
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, JobError::Reject(reason) if reason.contains("unavailable_status_503")), "{error}");
    let event = bench.event(&id).await;
    assert_eq!(
        (attempts, event.status, event.reason.as_deref()),
        (7, InboundStatus::Failed, Some("unavailable_status_503"))
    );
    let unknown = work(&bench.deps, message("evt_unknown")).await;
    assert!(matches!(unknown, Err(JobError::Reject(_))), "there is no such event");
    let nothing = Deps { payments: None, ..bench.deps.clone() };
    let waiting = row(&bench, Provider::Stripe, "evt_waiting", "invoice.paid", Some("in_1"));
    bench.store(waiting).await;
    work(&nothing, message("evt_waiting")).await.unwrap();
    let event = bench.event("evt_waiting").await;
    assert_eq!((event.status, event.reason.as_deref()), (InboundStatus::Pending, Some("payments_not_configured")));
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_does_a_purchase_ends_settled_once() {
    for seed in 0..20 {
        let bench = Bench::over(Cloud::with_faults(FaultPlan::seeded(seed))).await;
        bench.buy(PRO, Card::Accepted).await;
        bench.buy(PACK, Card::Accepted).await;
        let ids = bench.receive().await;
        for attempt in 0.. {
            assert!(attempt < 60, "seed {seed}: no end");
            join_all(ids.iter().chain(&ids).map(|id| work(&bench.deps, message(id)))).await;
            let mut pending = 0;
            for id in &ids {
                pending += usize::from(bench.event(id).await.status == InboundStatus::Pending);
            }
            if pending == 0 {
                break;
            }
            sleep(LEASE).await;
        }
        let trail = bench.trail().await;
        let count = |kind: &str| trail.iter().filter(|one| *one == kind).count();
        let kinds = ["organization.planChanged", "billing.creditsPurchased", "billing.paymentSucceeded"];
        assert_eq!(kinds.map(count), [1, 1, 2], "seed {seed}: {trail:?}");
        assert_eq!((bench.plan().await, bench.purchases().await.len()), (PlanName::Pro, 1), "seed {seed}");
    }
}
