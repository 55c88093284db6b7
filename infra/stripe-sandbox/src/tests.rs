//! What the sandbox does by itself; what the platform makes of it, the platform's tests show.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use shared::clock::TimeSource;
use vendors::WebhookSecrets;
use vendors::stripe::webhook::{Event, verify};

use super::*;
use crate::api::Call;
use crate::state::{DAY, MONTH};

#[derive(Clone, Debug, Default)]
struct Hand(Arc<AtomicI64>);

impl TimeSource for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

struct Bench {
    sandbox: Sandbox,
    hand: Hand,
}

impl Bench {
    fn new() -> Self {
        let hand = Hand(Arc::new(AtomicI64::new(1_800_000_000)));
        Self { sandbox: Sandbox::new(Clock::new(hand.clone())), hand }
    }

    fn wait(&self, seconds: i64) {
        self.hand.0.fetch_add(seconds, Ordering::Relaxed);
        self.sandbox.advance();
    }

    fn call(&self, method: Method, path: &str, text: &str, key: &str) -> (StatusCode, Value) {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer sk_test_sandbox".parse().unwrap());
        headers.insert("idempotency-key", key.parse().unwrap());
        let (query, body) = if method == Method::GET { (text, "") } else { ("", text) };
        self.sandbox.respond(&Call { method: &method, path, query, headers: &headers, body: body.as_bytes() })
    }

    /// A customer who went through the checkout of a plan; customer and subscription.
    fn subscriber(&self) -> (String, String) {
        let customer = self.call(Method::POST, "/v1/customers", "email=ada%40example.com", "c").1;
        let customer = customer["id"].as_str().unwrap().to_owned();
        let form = format!(
            "mode=subscription&customer={customer}&line_items[0][price]=price_pro_monthly&line_items[0][quantity]=1\
            &success_url=http%3A%2F%2Flocalhost&subscription_data[metadata][organization_id]=org_1"
        );
        let session = self.call(Method::POST, "/v1/checkout/sessions", &form, "s").1;
        assert!(self.sandbox.pay(session["id"].as_str().unwrap(), Card::Accepted));
        let list = self.call(Method::GET, "/v1/subscriptions", &format!("customer={customer}"), "").1;
        (customer, list["data"][0]["id"].as_str().unwrap().to_owned())
    }

    fn status(&self, subscription: &str) -> String {
        let object = self.call(Method::GET, &format!("/v1/subscriptions/{subscription}"), "", "").1;
        object["status"].as_str().unwrap().to_owned()
    }

    fn kinds(&self) -> Vec<String> {
        self.sandbox.state().events.drain(..).map(|event| event.kind).collect()
    }
}

#[test]
fn a_subscription_renews_fails_and_recovers_as_time_passes() {
    let bench = Bench::new();
    let (customer, subscription) = bench.subscriber();
    assert_eq!(bench.status(&subscription), "active");
    bench.wait(MONTH);
    assert_eq!(bench.status(&subscription), "active");
    bench.sandbox.change_card(&customer, Card::Declined);
    bench.wait(MONTH);
    assert_eq!(bench.status(&subscription), "past_due");
    let open = bench.call(Method::GET, "/v1/invoices", &format!("subscription={subscription}&status=open"), "").1;
    assert_eq!((open["data"][0]["attempt_count"].as_i64(), open["data"].as_array().unwrap().len()), (Some(1), 1));
    bench.sandbox.change_card(&customer, Card::Accepted);
    bench.wait(3 * DAY);
    assert_eq!(bench.status(&subscription), "active");
    bench.sandbox.change_card(&customer, Card::Declined);
    bench.wait(MONTH + 10 * DAY);
    assert_eq!(bench.status(&subscription), "canceled", "after four attempts");
}

#[test]
fn a_key_does_once_what_it_names_and_other_parameters_under_it_are_refused() {
    let bench = Bench::new();
    let first = bench.call(Method::POST, "/v1/customers", "name=Ada", "key");
    assert_eq!((first.0, &first), (StatusCode::OK, &bench.call(Method::POST, "/v1/customers", "name=Ada", "key")));
    let other = bench.call(Method::POST, "/v1/customers", "name=Eve", "key");
    assert_eq!((other.0, other.1["error"]["type"].as_str()), (StatusCode::BAD_REQUEST, Some("idempotency_error")));
    let unknown = bench.call(Method::POST, "/v1/checkout/sessions", "payment_method_types[0]=card", "k").1;
    assert_eq!(unknown["error"]["code"], "payment_method_types_no_longer_supported");
}

#[test]
fn an_upgrade_is_charged_for_the_rest_of_the_period_or_does_not_happen() {
    let bench = Bench::new();
    let (customer, subscription) = bench.subscriber();
    bench.wait(MONTH / 2);
    let path = format!("/v1/subscriptions/{subscription}");
    let change =
        "items[0][price]=price_outreach_monthly&proration_behavior=always_invoice&payment_behavior=error_if_incomplete";
    bench.sandbox.change_card(&customer, Card::Declined);
    let declined = bench.call(Method::POST, &path, change, "1");
    assert_eq!(
        (declined.0, declined.1["error"]["decline_code"].as_str()),
        (StatusCode::PAYMENT_REQUIRED, Some("insufficient_funds"))
    );
    bench.sandbox.change_card(&customer, Card::Accepted);
    let changed = bench.call(Method::POST, &path, change, "2").1;
    assert_eq!(changed["items"]["data"][0]["price"]["id"], "price_outreach_monthly");
    let invoices = bench.call(Method::GET, "/v1/invoices", &format!("customer={customer}"), "").1;
    assert_eq!(invoices["data"][0]["amount_paid"], 1_500, "half of the difference of $30");
}

#[test]
fn events_are_signed_and_sent_until_they_are_taken() {
    let bench = Bench::new();
    bench.subscriber();
    let sent = bench.sandbox.deliveries();
    let kinds = sent.iter().map(|delivery| delivery.kind.as_str()).collect::<Vec<_>>();
    assert_eq!(
        kinds,
        [
            "customer.subscription.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "checkout.session.completed"
        ]
    );
    let secrets = WebhookSecrets::from_iter([WEBHOOK_SECRET]);
    for delivery in &sent {
        assert_eq!(verify(&secrets, &delivery.signature, delivery.body.as_bytes(), bench.sandbox.now()), Ok(()));
        assert_eq!(Event::read(delivery.body.as_bytes()).unwrap().id, delivery.event_id);
    }
    assert!(bench.sandbox.deliveries().is_empty(), "they wait");
    bench.sandbox.delivered(&sent[0].event_id);
    bench.wait(60);
    assert_eq!(bench.sandbox.deliveries().len(), 4);
}

#[test]
fn old_events_have_the_old_shape() {
    let bench = Bench::new();
    bench.sandbox.shape_of_events(Shape::Old);
    bench.subscriber();
    let sent = bench.sandbox.deliveries();
    let body =
        |kind: &str| serde_json::from_str::<Value>(&sent.iter().find(|one| one.kind == kind).unwrap().body).unwrap();
    let (subscription, invoice) = (body("customer.subscription.created"), body("invoice.paid"));
    assert!(
        subscription["data"]["object"]["current_period_end"].is_i64()
            && invoice["data"]["object"]["subscription"].is_string()
    );
    assert_eq!(
        (subscription["api_version"].as_str(), &invoice["data"]["object"]["parent"]),
        (Some("2024-06-20"), &Value::Null)
    );
}

#[test]
fn what_is_kept_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("stripe.json");
    let clock = || Clock::new(Hand(Arc::new(AtomicI64::new(1_800_000_000))));
    let open = || {
        let sandbox = Sandbox::new(clock());
        sandbox.keep_in(file.clone());
        Bench { sandbox, hand: Hand::default() }
    };
    let (_, subscription) = open().subscriber();
    let again = open();
    assert_eq!(again.status(&subscription), "active");
    assert_eq!(again.kinds().len(), 5);
}
