//! A purchase from the checkout to the plan, by the real client, the real webhooks and every function between; and every order in which
//! Stripe's events may arrive.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::clock::Timestamp;
use shared::credits::Position;
use shared::id::OrganizationId;
use shared::model::billing_account::BillingAccount;
use shared::model::credit_purchase::CreditPurchase;
use shared::model::inbound_event::{InboundEvent, InboundStatus, Provider};
use shared::model::invoice::Invoice;
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::store::Listing;
use stripe_sandbox::histories::{History, histories};
use stripe_sandbox::{Card, Delivery, Shape, WEBHOOK_SECRET};
use testkit::{Caller, Cloud, LedgerRows};
use tokio::time::{advance, sleep};
use vendors::stripe::webhook::sign;

use crate::founder::Founder;
use crate::harness::TestPlatform;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const WEBHOOK: &str = "/api/stripe/webhook";

fn checkout(price: &str) -> Value {
    json!({
        "priceId": price, "successUrl": "https://app.example.com/paid?checkout={CHECKOUT_SESSION_ID}",
        "cancelUrl": "https://app.example.com/plans",
    })
}

#[tokio::test(start_paused = true)]
async fn a_founder_buys_a_plan_and_has_it_a_moment_later() {
    let platform = TestPlatform::start().await;
    let mut ada = Founder::register(platform.app(), "Ada").await;
    let created = ada.post("/api/stripe/create-checkout", "buy", &checkout("price_pro_monthly")).await.expect(201);
    let session = created["id"].as_str().unwrap();
    assert!(platform.stripe.pay(session, Card::Accepted));
    platform.settle().await;
    let paid = ada.get(&format!("/api/billing/checkouts/{session}")).await.expect(200);
    assert_eq!(paid["status"], "paid");
    sleep(Duration::from_secs(5)).await;
    let billing = ada.get("/api/billing/subscription").await.expect(200);
    assert_eq!((&billing["plan"], &billing["subscription"]["status"]), (&json!("pro"), &json!("active")));
    let invoices = ada.get("/api/billing/invoices").await.expect(200);
    assert_eq!((&invoices["data"][0]["status"], &invoices["data"][0]["amountPaid"]), (&json!("paid"), &json!(1_900)));
    let cloud = Cloud { dynamodb: platform.dynamodb.clone(), services: platform.services.clone() };
    let support = cloud.caller("Support").await;
    cloud.set_platform_role(&support, PlatformRole::Support).await;
    let figures = platform.app().get("/api/analytics/platform").by(&support).send().await.expect(200);
    assert_eq!(figures["revenue_30d"], 1_900);
    let body = json!({"returnUrl": "https://app.example.com/billing"});
    ada.post("/api/stripe/portal", "portal", &body).await.expect(200);

    // A payment fails; the plan stays for a week, which nobody tells of when it is over.
    let customer = platform.stripe.customers().remove(0);
    platform.stripe.change_card(&customer, Card::Declined);
    sleep(DAY * 31).await;
    platform.settle().await;
    let plan = async |platform: &TestPlatform| organization(platform, ada.organization.parse().unwrap()).await.plan;
    assert_eq!(plan(&platform).await, PlanName::Pro);
    sleep(DAY * 7).await;
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    assert_eq!((plan(&platform).await, platform.stripe.undelivered()), (PlanName::Free, 0));
    ada.sign_in().await;
    let billing = ada.get("/api/billing/subscription").await.expect(200);
    assert_eq!((&billing["plan"], &billing["prioritySupport"]), (&json!("free"), &json!(false)));
    platform.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_no_webhook_told_the_comparison_finds() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    let created = ada.post("/api/stripe/create-checkout", "buy", &checkout("price_pro_monthly")).await.expect(201);
    assert!(platform.stripe.pay(created["id"].as_str().unwrap(), Card::Accepted));
    platform.stripe.lose_deliveries();
    platform.settle().await;
    let own = ada.organization.parse().unwrap();
    assert_eq!(organization(&platform, own).await.plan, PlanName::Free);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(platform.tick("reconciliation").await.unwrap()["missing"], 5);
    platform.settle().await;
    assert_eq!(organization(&platform, own).await.plan, PlanName::Pro);
}

async fn organization(platform: &TestPlatform, id: OrganizationId) -> Organization {
    let found = platform.services.store.get::<Organization>(&Organization::key_of(id)).await.unwrap();
    found.unwrap().value
}

/// What is left of a history, without what says when we looked.
#[derive(Debug, PartialEq)]
struct Rows {
    plan: PlanName,
    account: BillingAccount,
    invoices: Vec<Invoice>,
    purchases: Vec<CreditPurchase>,
    /// Credits that were bought and are left, and credits that are owed.
    credits: (i64, i64),
    events: BTreeMap<String, InboundStatus>,
}

impl Rows {
    async fn read(platform: &TestPlatform, id: OrganizationId, events: &[String]) -> Self {
        let store = &platform.services.store;
        let account = store.get::<BillingAccount>(&BillingAccount::key_of(id)).await.unwrap().unwrap().value;
        let of = |partition: String| Listing::of_partition(partition).limit(100);
        let invoices = store.list::<Invoice>(&of(Invoice::partition(id)), None).await.unwrap().data;
        let purchases = store.list::<CreditPurchase>(&of(CreditPurchase::partition(id)), None).await.unwrap().data;
        let mut statuses = BTreeMap::new();
        for event in events {
            let row = store.get::<InboundEvent>(&InboundEvent::key_of(Provider::Stripe, event)).await.unwrap();
            statuses.insert(event.clone(), row.unwrap().status);
        }
        let never = Timestamp::from_seconds(0);
        let found = organization(platform, id).await;
        let position = Position::read(&platform.services, (&found).into(), &[], &[]).await.unwrap().figures();
        LedgerRows::read(&platform.dynamodb, &platform.services).await.check(platform.services.clock.now()).unwrap();
        Self {
            plan: found.plan,
            credits: (position.purchased, position.debt),
            account: BillingAccount { settled_at: never, created_at: never, ..account },
            invoices: invoices.into_iter().map(|invoice| invoice.value).collect(),
            purchases: purchases.into_iter().map(|purchase| purchase.value).collect(),
            events: statuses,
        }
    }
}

/// A source of chance that follows from a seed (xorshift).
struct Chance(u64);

impl Chance {
    const fn of(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    const fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

async fn deliver(platform: &TestPlatform, delivery: &Delivery) {
    let signature = sign(WEBHOOK_SECRET, delivery.body.as_bytes(), platform.services.clock.now()).unwrap();
    let request = platform.app().post(WEBHOOK).header("stripe-signature", &signature);
    request.body("application/json", delivery.body.clone()).send().await.expect(200);
}

/// What the sandbox has to tell; it is this test's to bring.
fn take(platform: &TestPlatform) -> Vec<Delivery> {
    let deliveries = platform.stripe.deliveries();
    deliveries.iter().for_each(|delivery| platform.stripe.delivered(&delivery.event_id));
    deliveries
}

/// Plays a history. Without a seed every event is told of once, in order and at once; with one, as chance has it.
async fn play(history: &History, seed: Option<u64>) -> Rows {
    let platform = TestPlatform::start().await;
    let cloud = Cloud { dynamodb: platform.dynamodb.clone(), services: platform.services.clone() };
    let ada: Caller = cloud.founder("Ada").await;
    let mut chance = Chance::of(seed.unwrap_or(0));
    if seed.is_some() && chance.below(2) == 0 {
        platform.stripe.shape_of_events(Shape::Old);
    }
    let request = platform.app().post("/api/stripe/create-checkout").by(&ada).organization(ada.organization_id);
    let mut body = checkout(history.price);
    body["trial"] = json!(history.trial_days > 0);
    let created = request.json(&body).send().await.expect(201);
    platform.settle().await;
    assert!(platform.stripe.pay(created["id"].as_str().unwrap(), history.card));
    let customer = platform.stripe.customers().remove(0);
    let (mut waiting, mut events) = (Vec::<Delivery>::new(), Vec::new());
    for step in &history.steps {
        (step.act)(&platform.stripe, &customer);
        // In parts, so that what happens meanwhile is told of meanwhile.
        for _ in 0..4 {
            advance(step.wait / 4).await;
            let told = take(&platform);
            events.extend(told.iter().map(|delivery| delivery.event_id.clone()));
            for delivery in told {
                if seed.is_none() {
                    deliver(&platform, &delivery).await;
                    platform.settle().await;
                } else {
                    waiting.extend(std::iter::repeat_n(delivery, 1 + usize::from(chance.below(3) == 0)));
                }
            }
            while seed.is_some() && !waiting.is_empty() && chance.below(3) > 0 {
                let place = usize::try_from(chance.below(waiting.len() as u64)).unwrap();
                deliver(&platform, &waiting.swap_remove(place)).await;
                if chance.below(2) == 0 {
                    platform.settle().await;
                }
            }
        }
    }
    while !waiting.is_empty() {
        let place = usize::try_from(chance.below(waiting.len() as u64)).unwrap();
        deliver(&platform, &waiting.swap_remove(place)).await;
    }
    platform.settle().await;
    // What changes by time alone, the sweep rings for.
    sleep(Duration::from_secs(120)).await;
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    take(&platform);
    Rows::read(&platform, ada.organization_id, &events).await
}

async fn shuffled(seeds: std::ops::Range<u64>) {
    let histories = histories();
    for seed in seeds {
        let history = &histories[usize::try_from(seed).unwrap() % histories.len()];
        let (expected, ended) = (play(history, None).await, play(history, Some(seed)).await);
        assert!(
            !expected.events.is_empty() && expected.events.values().all(|status| *status != InboundStatus::Pending)
        );
        assert_eq!(ended, expected, "{}: seed {seed}", history.name);
        let left = expected.purchases.iter().map(CreditPurchase::credits_left).sum::<u64>();
        assert_eq!(i128::from(expected.credits.0 - expected.credits.1), i128::from(left), "{}", history.name);
    }
}

// Twenty in all: in two tests, which run beside each other.
#[tokio::test(start_paused = true)]
async fn ten_shuffles_through_the_whole_platform_end_in_the_same_state() {
    shuffled(0..10).await;
}

#[tokio::test(start_paused = true)]
async fn ten_further_shuffles_through_the_whole_platform_end_in_the_same_state() {
    shuffled(10..20).await;
}

/// `cargo test --test platform -- --ignored two_hundred`
#[tokio::test(start_paused = true)]
#[ignore = "takes minutes; twenty of them run always"]
async fn two_hundred_shuffles_through_the_whole_platform_end_in_the_same_state() {
    shuffled(0..200).await;
}
