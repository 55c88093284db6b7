//! Whatever the order in which events arrive, however often and however late: the rules end in the same state.
//!
//! The sandbox plays each history and is looked at after every moment of it. A shuffle then brings the history's events in an order, with
//! delays and repeats that follow from a seed; each meets Stripe as it is at that moment, in the old or the new shape. Rows are kept as
//! [`crate::Settler`] keeps them, without the table.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::clock::{Clock, TimeSource, Timestamp};
use shared::config::Variables;
use shared::id::{Ids, OrganizationId};
use shared::model::checkout::CheckoutStatus;
use shared::model::credit_purchase::CreditPurchase;
use shared::model::invoice::{Invoice, InvoiceStatus};
use shared::trace::Trace;
use stripe_sandbox::histories::{History, histories};
use stripe_sandbox::{PRICES, Sandbox, Shape};
use testkit::SeededEntropy;
use vendors::stripe::webhook::Event;
use vendors::stripe::{self, Identified};

use crate::{PRODUCT, PriceBook, inbound, snapshot, state};

/// How many shuffles of each history are played.
const SHUFFLES: u64 = 10_000;
/// The longest that an event is late, in seconds: Stripe tries for three days.
const DELAY_MAXIMUM: u64 = 3 * 24 * 60 * 60;

#[derive(Clone, Debug)]
struct Hand(Arc<AtomicI64>);

impl TimeSource for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// What Stripe says at a moment.
#[derive(Clone, Debug, Deserialize)]
struct World {
    subscriptions: Vec<stripe::Subscription>,
    invoices: Vec<stripe::Invoice>,
    payments: Vec<stripe::PaymentIntent>,
    disputes: Vec<Value>,
    sessions: Vec<stripe::CheckoutSession>,
    invoice_of: BTreeMap<String, String>,
}

impl World {
    fn disputes(&self, payment: &str) -> Vec<stripe::Dispute> {
        let theirs = self.disputes.iter().filter(|dispute| dispute["payment_intent"] == payment);
        theirs.map(|dispute| read(dispute.clone())).collect()
    }
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn by_id<'a, T: Identified>(objects: &'a [T], id: &str) -> &'a T {
    objects.iter().find(|object| object.id() == id).unwrap()
}

/// A history as it was played: what Stripe says from each moment on, in both shapes, and the events with their times.
struct Played {
    worlds: Vec<(i64, [World; 2])>,
    events: Vec<(i64, String, String)>,
    end: i64,
}

fn play(history: &History) -> Played {
    let hand = Hand(Arc::new(AtomicI64::new(1_795_165_200)));
    let sandbox = Sandbox::new(Clock::new(hand.clone()));
    let product = PriceBook::read(&variables()).unwrap().product_of(history.price).unwrap();
    let metadata = BTreeMap::from([(PRODUCT.to_owned(), product.to_string())]);
    let customer = sandbox.customer(&metadata);
    let mut worlds = Vec::new();
    let mut look = |sandbox: &Sandbox| {
        let shapes = [Shape::New, Shape::Old].map(|shape| read::<World>(sandbox.objects(shape)));
        worlds.push((hand.0.load(Ordering::Relaxed), shapes));
    };
    sandbox.try_out(&customer, history.price, history.trial_days, history.card, &metadata).unwrap();
    look(&sandbox);
    for step in &history.steps {
        (step.act)(&sandbox, &customer);
        look(&sandbox);
        // Hour by hour, so that what happens by itself is seen when it happens.
        for _ in 0..step.wait.as_secs() / 3600 {
            hand.0.fetch_add(3600, Ordering::Relaxed);
            look(&sandbox);
        }
    }
    let ids = Ids::new(Clock::new(hand.clone()), SeededEntropy::new(1));
    let trace = Trace::begin(&ids);
    let row = |body: &Value| inbound(&read::<Event>(body.clone()), trace, Timestamp::from_seconds(0)).unwrap();
    let events = sandbox.events();
    let events = events.iter().map(|body| (body["created"].as_i64().unwrap(), row(body)));
    let events = events.filter_map(|(created, row)| Some((created, row.kind, row.object_id?))).collect();
    // What happened between two looks is known to have happened by the second.
    Played { worlds, events, end: hand.0.load(Ordering::Relaxed) + i64::try_from(DELAY_MAXIMUM).unwrap() + 3600 }
}

fn variables() -> Variables {
    [("STRIPE_PRICES".to_owned(), PRICES.to_owned())].into_iter().collect()
}

impl Played {
    /// What Stripe says at a moment: what it said when it was last looked at before. An event comes after the look that saw it.
    fn world(&self, at: i64, shape: usize) -> &World {
        let next = self.worlds.partition_point(|(since, _)| *since <= at);
        &self.worlds[next.saturating_sub(1)].1[shape]
    }
}

/// The rows.
#[derive(Clone, Debug, PartialEq)]
struct Rows {
    standing: state::Standing,
    invoices: BTreeMap<String, Invoice>,
    purchases: BTreeMap<String, CreditPurchase>,
    checkouts: BTreeMap<String, CheckoutStatus>,
}

struct Platform<'a> {
    played: &'a Played,
    prices: &'a PriceBook,
    organization: OrganizationId,
    rows: Rows,
}

impl<'a> Platform<'a> {
    fn new(played: &'a Played, prices: &'a PriceBook) -> Self {
        let rows = Rows {
            standing: state::standing(Vec::new(), Timestamp::from_seconds(0)),
            invoices: BTreeMap::new(),
            purchases: BTreeMap::new(),
            checkouts: BTreeMap::new(),
        };
        Self { played, prices, organization: ulid::Ulid::from(1).into(), rows }
    }

    /// An event arrives at a moment, and Stripe answers in a shape.
    fn meet(&mut self, kind: &str, object_id: &str, at: i64, shape: usize) {
        let world = self.played.world(at, shape);
        if kind.starts_with("checkout.") {
            let session = by_id(&world.sessions, object_id);
            let payment = session.payment_intent.as_ref().map(|intent| by_id(&world.payments, intent.id()));
            let unpaid = payment.filter(|_| session.payment_status.as_deref() == Some("unpaid"));
            let status = snapshot::checkout_status(session, unpaid.map(|payment| payment.status.as_str()));
            self.rows.checkouts.insert(object_id.to_owned(), status);
            match payment {
                Some(payment) => self.settle_payment(world, &payment.id),
                None => self.settle_account(at, shape),
            }
        } else if kind.starts_with("customer.subscription.") {
            self.settle_account(at, shape);
        } else if kind.starts_with("invoice.") {
            let known = self.rows.invoices.get(object_id);
            let (refunded, dispute) = known.map(|row| (row.amount_refunded, row.dispute)).unwrap_or_default();
            let next = snapshot::invoice(self.organization, by_id(&world.invoices, object_id), refunded, dispute);
            self.write_invoice(next);
            self.settle_account(at, shape);
        } else if kind.starts_with("charge.") || kind.starts_with("refund.") {
            self.settle_payment(world, object_id);
        }
    }

    fn settle_account(&mut self, at: i64, shape: usize) {
        let world = self.played.world(at, shape);
        let one = |found: &stripe::Subscription| {
            let open = |invoice: &&stripe::Invoice| {
                invoice.status.as_deref() == Some("open") && invoice.subscription_id() == Some(&found.id)
            };
            let overdue = world.invoices.iter().filter(open).cloned().collect::<Vec<_>>();
            let overdue = if snapshot::is_overdue(found) { overdue } else { Vec::new() };
            snapshot::subscription(self.prices, found, &overdue)
        };
        let subscriptions = world.subscriptions.iter().map(one).collect();
        self.rows.standing = state::standing(subscriptions, Timestamp::from_seconds(at));
    }

    fn settle_payment(&mut self, world: &World, id: &str) {
        let payment = by_id(&world.payments, id);
        let disputes = world.disputes(id);
        if let Some(invoice) = world.invoice_of.get(id) {
            let dispute = snapshot::dispute_status(&disputes);
            let refunded = snapshot::amount_refunded(payment);
            let found = by_id(&world.invoices, invoice);
            self.write_invoice(snapshot::invoice(self.organization, found, refunded, dispute));
        } else if let Some(next) = snapshot::credit_purchase(self.organization, 4_900, payment, &disputes) {
            self.rows.purchases.insert(id.to_owned(), next);
        }
    }

    fn write_invoice(&mut self, next: Invoice) {
        if next.status != InvoiceStatus::Draft {
            self.rows.invoices.insert(next.id.clone(), next);
        }
    }

    /// The sweep rings for the account when its plan changes by time alone.
    fn review(&mut self, end: i64) {
        while let Some(at) = self.rows.standing.review_at.map(Timestamp::as_seconds).filter(|at| *at <= end) {
            self.settle_account(at, 0);
        }
    }

    /// Events in this order, each at its moment.
    fn receive(mut self, deliveries: &[(i64, usize)], shape: impl Fn(usize) -> usize) -> Rows {
        for (place, (at, event)) in deliveries.iter().enumerate() {
            self.review(*at);
            let (_, kind, object_id) = &self.played.events[*event];
            self.meet(kind, object_id, *at, shape(place));
        }
        self.review(self.played.end);
        self.rows
    }
}

/// An event is told of once the look that follows it was taken: to the hour.
fn told_at(created: i64, start: i64) -> i64 {
    start + (created - start).div_euclid(3600) * 3600 + if (created - start) % 3600 == 0 { 0 } else { 3600 }
}

#[test]
fn every_shuffle_of_every_history_ends_in_the_same_state() {
    let prices = PriceBook::read(&variables()).unwrap();
    for history in histories() {
        let played = play(&history);
        let start = played.worlds[0].0;
        let at = |event: usize| told_at(played.events[event].0, start);
        let in_order = (0..played.events.len()).map(|event| (at(event), event)).collect::<Vec<_>>();
        let expected = Platform::new(&played, &prices).receive(&in_order, |_| 0);
        assert!(played.events.len() > 1, "{}: {} events", history.name, played.events.len());
        for seed in 0..SHUFFLES {
            let ids = Ids::new(Clock::new(Hand(Arc::default())), SeededEntropy::new(seed));
            let mut deliveries = Vec::with_capacity(played.events.len() * 2);
            for event in 0..played.events.len() {
                for _ in 0..=ids.below(2) {
                    let late = if ids.below(3) == 0 { ids.below(DELAY_MAXIMUM) } else { ids.below(5) };
                    deliveries.push((ids.below(u64::MAX), at(event) + i64::try_from(late).unwrap(), event));
                }
            }
            // Of one moment in any order.
            deliveries.sort_by_key(|(chance, at, _)| (*at, *chance));
            let deliveries = deliveries.into_iter().map(|(_, at, event)| (at, event)).collect::<Vec<_>>();
            let shapes = ids.below(u64::MAX);
            let shape = |place: usize| usize::try_from(shapes >> (place % 64) & 1).unwrap();
            let ended = Platform::new(&played, &prices).receive(&deliveries, shape);
            assert_eq!(ended, expected, "{}: seed {seed}: {deliveries:?}", history.name);
        }
    }
}

#[test]
fn the_histories_end_as_they_should() {
    let prices = PriceBook::read(&variables()).unwrap();
    let ends = histories().into_iter().map(|history| {
        let played = play(&history);
        let start = played.worlds[0].0;
        let in_order = played.events.iter().enumerate().map(|(event, (at, ..))| (told_at(*at, start), event));
        let rows = Platform::new(&played, &prices).receive(&in_order.collect::<Vec<_>>(), |_| 0);
        let paid = rows.invoices.values().filter(|invoice| invoice.status == InvoiceStatus::Paid).count();
        let back = rows.invoices.values().map(|invoice| invoice.amount_refunded).sum::<i64>();
        let credits = rows.purchases.values().map(CreditPurchase::credits_left).sum::<u64>();
        (history.name, rows.standing.plan.to_string(), paid, back, credits)
    });
    let expected = [
        ("a subscription renews", "pro", 3, 0, 0),
        ("a payment fails and the next attempt succeeds", "pro", 2, 0, 0),
        ("a payment fails and the customer pays by hand", "pro", 2, 0, 0),
        ("a payment fails until the grace is over", "free", 1, 0, 0),
        ("a payment fails until the subscription ends", "free", 1, 0, 0),
        ("a card that asks for its owner fails to renew", "pro", 2, 0, 0),
        ("a plan goes up", "outreach", 3, 0, 0),
        ("a plan goes down when the period ends", "pro", 2, 0, 0),
        ("a plan goes down, back, and up", "outreach", 3, 0, 0),
        ("a subscription is cancelled", "free", 1, 0, 0),
        ("a subscription is cancelled and resumed", "pro", 2, 0, 0),
        ("a subscription is ended at once", "free", 1, 0, 0),
        ("a subscription's payment is given back in parts", "pro", 2, 1_400, 0),
        ("a subscription's payment is disputed and lost", "pro", 1, 0, 0),
        ("a pack is given back in parts", "free", 0, 0, 1_290),
        ("a pack is disputed and won", "free", 0, 0, 4_900),
        ("a pack is given back in part, disputed and lost", "free", 0, 0, 0),
        ("a slow debit succeeds", "free", 0, 0, 3_095),
        ("a slow debit fails", "free", 0, 0, 0),
        ("a trial runs out and is paid for", "pro", 2, 0, 0),
        ("a trial runs out and cannot be paid for", "free", 1, 0, 0),
        ("a trial is cancelled", "free", 1, 0, 0),
        ("a plan goes up in its trial", "outreach", 2, 0, 0),
    ];
    let expected = expected.map(|(name, plan, paid, back, credits)| (name, plan.to_owned(), paid, back, credits));
    assert_eq!(ends.collect::<Vec<_>>(), expected);
}
