//! What Stripe is asked, in its own form, what its answers mean, and whose webhooks are taken.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{Request, Response};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::{Value, json};
use shared::clock::{Clock, Timestamp};
use shared::config::Variables;
use shared::id::Ids;
use testkit::{SeededEntropy, TestClock};

use super::webhook::{Event, sign, verify};
use super::*;
use crate::http::Http;
use crate::{SignatureError, WebhookSecrets};

/// What Stripe does with a request.
#[derive(Clone, Debug)]
enum Answer {
    Json(u16, Value),
    Said(u16, Value, &'static str),
    NotReached,
    Never,
}

/// A Stripe that says what it is told to, and remembers what it was asked.
#[derive(Clone, Debug)]
struct Api {
    answers: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<Mutex<Vec<Request<Vec<u8>>>>>,
    clock: Clock,
}

impl Api {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        Self { answers, asked: Arc::default(), clock: Clock::new(TestClock::start()) }
    }

    fn stripe(&self) -> Stripe {
        let variables = [("STRIPE_SECRET_KEY", "sk_test_1"), ("STRIPE_BASE_URL", "http://stripe.local/")];
        let variables: Variables =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let config = StripeConfig::read(&variables).unwrap().unwrap();
        let http = Http::new(SharedHttpConnector::new(self.clone()), self.clock.clone());
        Stripe::new(config, http, Ids::new(self.clock.clone(), SeededEntropy::new(7)))
    }

    fn asked(&self) -> Vec<Request<Vec<u8>>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl HttpConnector for Api {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap().map(|body| body.bytes().unwrap().to_vec());
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().remove(0);
        HttpConnectorFuture::new(async move {
            let (status, body, retry) = match answer {
                Answer::Json(status, body) => (status, body, None),
                Answer::Said(status, body, retry) => (status, body, Some(retry)),
                Answer::NotReached => {
                    return Err(ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()));
                }
                Answer::Never => std::future::pending().await,
            };
            let mut response = Response::builder().status(status);
            if let Some(retry) = retry {
                response = response.header("stripe-should-retry", retry);
            }
            Ok(HttpResponse::try_from(response.body(body.to_string().into()).unwrap()).unwrap())
        })
    }
}

/// A request's method, path with query, and body, both with their brackets as they are.
fn wire(request: &Request<Vec<u8>>) -> String {
    let body = String::from_utf8(request.body().clone()).unwrap();
    let text = format!("{} {} {body}", request.method(), request.uri().path_and_query().unwrap());
    text.replace("%5B", "[").replace("%5D", "]").trim_end().to_owned()
}

fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> &'a str {
    request.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn metadata(entries: &[(&str, &str)]) -> Metadata {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_checkout_is_created_in_stripes_form() {
    let session =
        json!({"id": "cs_1", "object": "checkout.session", "mode": "subscription", "url": "https://pay.example/1"});
    let api = Api::answering([Answer::Json(200, session.clone()), Answer::Json(200, session)]);
    let new = NewCheckoutSession {
        mode: CheckoutMode::Subscription,
        customer_id: "cus_1",
        client_reference_id: "user_42",
        price_id: "price_1",
        trial_days: Some(14),
        success_url: "https://app.example/ok?sid={CHECKOUT_SESSION_ID}",
        cancel_url: "https://app.example/no",
        metadata: &metadata(&[("org_id", "o1")]),
        outcome_metadata: &metadata(&[("org_id", "o1")]),
    };
    let created = api.stripe().create_checkout_session(&new, "checkout/cmd_1").await.unwrap();
    assert_eq!((created.id.as_str(), created.url.as_deref()), ("cs_1", Some("https://pay.example/1")));
    let payment = NewCheckoutSession { mode: CheckoutMode::Payment, trial_days: None, ..new };
    api.stripe().create_checkout_session(&payment, "checkout/cmd_2").await.unwrap();
    let [first, second] = api.asked().try_into().unwrap();
    let common = "customer=cus_1&client_reference_id=user_42&line_items[0][price]=price_1&line_items[0][quantity]=1\
        &success_url=https%3A%2F%2Fapp.example%2Fok%3Fsid%3D%7BCHECKOUT_SESSION_ID%7D\
        &cancel_url=https%3A%2F%2Fapp.example%2Fno&metadata[org_id]=o1";
    let path = "POST /v1/checkout/sessions";
    let data = "subscription_data[metadata][org_id]=o1&subscription_data[trial_period_days]=14";
    assert_eq!(wire(&first), format!("{path} mode=subscription&{common}&{data}"));
    assert_eq!(wire(&second), format!("{path} mode=payment&{common}&payment_intent_data[metadata][org_id]=o1"));
    let names = ["authorization", "content-type", "stripe-version", "idempotency-key"];
    let expected = ["Bearer sk_test_1", "application/x-www-form-urlencoded", "2026-10-28.endive", "checkout/cmd_1"];
    assert_eq!(names.map(|name| header(&first, name)), expected);
}

#[tokio::test(start_paused = true)]
async fn every_call_is_of_stripes_form() {
    let list = json!({"object": "list", "data": [], "has_more": false});
    let sub =
        json!({"id": "sub_1", "status": "active", "customer": {"id": "cus_1"}, "created": 1, "items": {"data": []}});
    let session = json!({"id": "cs_1", "mode": "payment"});
    let invoice = json!({"id": "in_1", "currency": "usd", "created": 1});
    let intent = json!({"id": "pi_1", "status": "succeeded", "amount": 1900, "currency": "usd", "created": 1});
    let answers = [
        json!({"id": "cus_1"}),
        session.clone(),
        session,
        json!({"id": "bps_1", "url": "https://portal.example"}),
        list.clone(),
        sub.clone(),
        sub.clone(),
        sub.clone(),
        sub,
        invoice,
        list.clone(),
        intent,
        list.clone(),
        list.clone(),
        list,
    ];
    let api = Api::answering(answers.map(|answer| Answer::Json(200, answer)));
    let stripe = api.stripe();
    stripe.create_customer("ada@example.com", "Engines & Co", &metadata(&[("user_id", "42")]), "k").await.unwrap();
    stripe.checkout_session("cs_1").await.unwrap();
    stripe.expire_checkout_session("cs_1", "k").await.unwrap();
    stripe.create_portal_session("cus_1", "https://app.example", "k").await.unwrap();
    stripe.subscriptions("cus_1").await.unwrap();
    let kept = metadata(&[("keep", "")]);
    let mut change =
        PriceChange { item_id: "si_1", price_id: "price_2", charged_now: true, ends_trial: true, metadata: &kept };
    let subscription = stripe.change_price("sub_1", &change, "k").await.unwrap();
    assert_eq!(subscription.customer.id(), "cus_1");
    (change.charged_now, change.ends_trial) = (false, false);
    stripe.change_price("sub_1", &change, "k").await.unwrap();
    stripe.cancel_at_period_end("sub_1", true, "k").await.unwrap();
    stripe.subscription("sub_1").await.unwrap();
    stripe.invoice("in_1").await.unwrap();
    stripe.open_invoices("sub_1").await.unwrap();
    stripe.payment_intent("pi_1").await.unwrap();
    stripe.disputes("pi_1").await.unwrap();
    assert_eq!(stripe.invoice_of("pi_1").await.unwrap(), None);
    let query =
        EventsQuery { types: &["invoice.paid", "charge.refunded"], created_from: 9, starting_after: Some("evt_1") };
    stripe.events(&query).await.unwrap();
    let expected = [
        "POST /v1/customers email=ada%40example.com&name=Engines+%26+Co&metadata[user_id]=42",
        "GET /v1/checkout/sessions/cs_1?expand[0]=customer",
        "POST /v1/checkout/sessions/cs_1/expire",
        "POST /v1/billing_portal/sessions customer=cus_1&return_url=https%3A%2F%2Fapp.example",
        "GET /v1/subscriptions?customer=cus_1&status=all&limit=100",
        "POST /v1/subscriptions/sub_1 items[0][id]=si_1&items[0][price]=price_2&proration_behavior=always_invoice\
            &payment_behavior=error_if_incomplete&trial_end=now&metadata[keep]=",
        "POST /v1/subscriptions/sub_1 items[0][id]=si_1&items[0][price]=price_2&proration_behavior=none&metadata[keep]=",
        "POST /v1/subscriptions/sub_1 cancel_at_period_end=true",
        "GET /v1/subscriptions/sub_1?expand[0]=customer",
        "GET /v1/invoices/in_1?expand[0]=customer",
        "GET /v1/invoices?subscription=sub_1&status=open&limit=100",
        "GET /v1/payment_intents/pi_1?expand[0]=customer&expand[1]=latest_charge",
        "GET /v1/disputes?payment_intent=pi_1&limit=100",
        "GET /v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_1&limit=1",
        "GET /v1/events?limit=100&created[gte]=9&types[0]=invoice.paid&types[1]=charge.refunded&starting_after=evt_1",
    ];
    let asked = api.asked();
    assert_eq!(asked.iter().map(wire).collect::<Vec<_>>(), expected);
    assert!(
        asked.iter().all(|request| (request.method() == "POST") == request.headers().contains_key("idempotency-key"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_helps_is_repeated_under_the_same_key_and_nothing_else_is() {
    let customer = || Answer::Json(200, json!({"id": "cus_1"}));
    let error = |kind: &str| json!({"error": {"type": kind, "message": "No such thing as ada@example.com"}});
    let unavailable = |code: &str| StripeError::Unavailable { code: code.to_owned() };
    let cases = [
        (vec![Answer::NotReached, Answer::Json(500, json!({})), customer()], Ok("cus_1")),
        (vec![Answer::Never, customer()], Ok("cus_1")),
        (vec![Answer::Json(409, error("idempotency_error")), customer()], Ok("cus_1")),
        (vec![Answer::Said(429, error("invalid_request_error"), "true"), customer()], Ok("cus_1")),
        (vec![Answer::Json(429, error("invalid_request_error"))], Err(unavailable("invalid_request_error"))),
        (vec![Answer::Said(500, error("api_error"), "false")], Err(unavailable("api_error"))),
        (vec![Answer::NotReached, Answer::NotReached, Answer::NotReached], Err(unavailable("unreachable"))),
        (
            vec![Answer::Json(503, json!("no")), Answer::Json(502, json!(0)), Answer::Never],
            Err(unavailable("no_answer")),
        ),
        (
            vec![Answer::Json(400, json!({"error": {"type": "invalid_request_error", "code": "parameter_missing"}}))],
            Err(StripeError::Refused { status: 400, code: "parameter_missing".to_owned() }),
        ),
        (
            vec![Answer::Json(401, error("No key!"))],
            Err(StripeError::Refused { status: 401, code: "status_401".to_owned() }),
        ),
        (
            vec![Answer::Json(
                402,
                json!({"error": {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}}),
            )],
            Err(StripeError::Declined { code: "insufficient_funds".to_owned() }),
        ),
        (vec![Answer::Json(404, error("invalid_request_error"))], Err(StripeError::NotFound)),
    ];
    for (answers, expected) in cases {
        let (count, api) = (answers.len(), Api::answering(answers.clone()));
        let made = api.stripe().create_customer("ada@example.com", "Ada", &Metadata::new(), "customer/org_1").await;
        assert_eq!(made.as_ref().map(|customer| customer.id.as_str()), expected.as_ref().map(|id| *id), "{answers:?}");
        let asked = api.asked();
        assert_eq!(asked.len(), count, "{answers:?}");
        assert!(asked.iter().all(|request| header(request, "idempotency-key") == "customer/org_1"), "{answers:?}");
    }
    let waits = Api::answering([Answer::NotReached, Answer::NotReached, customer()]);
    let began = waits.clock.now();
    waits.stripe().create_customer("a@example.com", "Ada", &Metadata::new(), "k").await.unwrap();
    let waited = waits.clock.now().since(began);
    assert!((Duration::from_secs(1)..=Duration::from_millis(1_500)).contains(&waited), "{waited:?}");
    let unreadable = Api::answering([Answer::Json(200, json!({"object": "customer"}))]);
    let made = unreadable.stripe().create_customer("a@example.com", "Ada", &Metadata::new(), "k").await;
    assert!(matches!(made, Err(StripeError::Unreadable { .. })), "{made:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_to_its_end() {
    let dispute = |id: &str| json!({"id": id, "status": "lost", "created": 1});
    let page = |data: Value, more: bool| Answer::Json(200, json!({"object": "list", "data": data, "has_more": more}));
    let first = page(json!([dispute("dp_1"), dispute("dp_2")]), true);
    let api = Api::answering([first, page(json!([dispute("dp_3")]), false)]);
    let found = api.stripe().disputes("pi_1").await.unwrap();
    assert_eq!(found.iter().map(Identified::id).collect::<Vec<_>>(), ["dp_1", "dp_2", "dp_3"]);
    assert!(wire(&api.asked()[1]).ends_with("&limit=100&starting_after=dp_2"));
    let endless = Api::answering((0..10).map(|_| page(json!([dispute("dp_1")]), true)));
    assert!(matches!(endless.stripe().disputes("pi_1").await, Err(StripeError::Unreadable { .. })));
}

#[tokio::test(start_paused = true)]
async fn an_id_leads_to_no_other_path() {
    let api = Api::answering([]);
    for id in ["", "..", "cs_1/expire", "cs_1?expand[0]=customer", "cs_1#", &"x".repeat(256)] {
        assert_eq!(api.stripe().checkout_session(id).await.unwrap_err(), StripeError::NotFound, "{id}");
    }
    assert!(api.asked().is_empty());
}

#[test]
fn objects_are_read_in_the_shapes_of_every_version() {
    let read = |value: Value| serde_json::from_value::<Subscription>(value).unwrap();
    let old = read(json!({
        "id": "sub_1", "status": "something_new", "customer": "cus_1", "created": 5, "plan": null,
        "current_period_start": 10, "current_period_end": 20, "items": {"data": [{"id": "si_1", "price": {"id": "price_1"}}]},
    }));
    let new = read(json!({
        "id": "sub_1", "status": "something_new", "customer": {"id": "cus_1", "object": "customer"}, "created": 5,
        "items": {"data": [{"id": "si_1", "price": {"id": "price_1"}, "current_period_start": 10, "current_period_end": 20}]},
        "metadata": {},
    }));
    for subscription in [&old, &new] {
        assert_eq!((subscription.current_period(), subscription.price_id()), (Some((10, 20)), Some("price_1")));
        assert_eq!((subscription.customer.id(), subscription.cancel_at), ("cus_1", None));
    }
    let invoice = |rest: Value| {
        let mut invoice = json!({"id": "in_1", "currency": "usd", "created": 1});
        invoice.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        serde_json::from_value::<Invoice>(invoice).unwrap().subscription_id().map(str::to_owned)
    };
    let details = |subscription: Value| json!({"parent": {"type": "subscription_details", "subscription_details": {"subscription": subscription}}});
    for value in [json!("sub_1"), json!({"id": "sub_1"})] {
        assert_eq!(invoice(json!({"subscription": value})).as_deref(), Some("sub_1"));
        assert_eq!(invoice(details(value)).as_deref(), Some("sub_1"));
    }
    assert_eq!((invoice(json!({"parent": null})), invoice(json!({"subscription": null}))), (None, None));
}

const PAYLOAD: &str = r#"{"id":"evt_1","object":"event","api_version":"2026-10-28.endive","created":1700000000,"type":"checkout.session.completed","livemode":false,"data":{"object":{"id":"cs_test_1","object":"checkout.session","client_reference_id":"user_42","mode":"subscription"}}}"#;
const CODE: &str = "a6d4bb9db5b67ea17e3afdc2b8d42fbc791ec7a8189015b4f549b43e21a65db5";
const OLD_CODE: &str = "28555b96c570425ebfaa8075681a3b9b7048fc5543fd47d1cdc3c8a2c30bafc4";
const SIGNED_AT: i64 = 1_700_000_000;

#[test]
fn a_webhook_is_stripes_by_the_vectors_of_its_sdk() {
    assert_eq!(PAYLOAD.len(), 258);
    let secrets = WebhookSecrets::from_iter(["whsec_test_secret"]);
    let both = WebhookSecrets::from_iter(["whsec_new", "whsec_test_secret", "whsec_old_secret"]);
    let check = |secrets: &WebhookSecrets, header: &str, body: &str, after: i64| {
        verify(secrets, header, body.as_bytes(), Timestamp::from_seconds(SIGNED_AT + after))
    };
    let header = format!("t={SIGNED_AT},v1={CODE}");
    let rotated = format!("t={SIGNED_AT},v1={OLD_CODE},v1={CODE},v0=deadbeef");
    let unicode = format!("t={SIGNED_AT},v1=6d693a26ac613af5dc4bb8b5d34b04a2a155ec490c26b04335613449652d49f3");
    for (secrets, header, body, after) in [
        (&secrets, header.as_str(), PAYLOAD, 0),
        (&secrets, &header, PAYLOAD, 299),
        (&secrets, &header, PAYLOAD, -299),
        (&secrets, &rotated, PAYLOAD, 0),
        (&both, &header, PAYLOAD, 0),
        (&both, &format!("t={SIGNED_AT},v1={OLD_CODE}"), PAYLOAD, 0),
        (&secrets, &unicode, "{\"name\":\"Zoë 🚀\"}", 0),
    ] {
        assert_eq!(check(secrets, header, body, after), Ok(()), "{header}");
    }
    assert_eq!(sign("whsec_test_secret", PAYLOAD.as_bytes(), Timestamp::from_seconds(SIGNED_AT)), Some(header.clone()));
    assert_eq!(sign("", b"", Timestamp::from_seconds(0)), None);
    let none = WebhookSecrets::default();
    let old = WebhookSecrets::from_iter(["whsec_old_secret"]);
    let (malformed, mismatch) = (SignatureError::Malformed, SignatureError::Mismatch);
    for (secrets, header, after, expected) in [
        (&secrets, header.clone(), 301, SignatureError::OutOfTime),
        (&secrets, header.clone(), -301, SignatureError::OutOfTime),
        (&secrets, header.replace(',', ", "), 0, malformed),
        (&secrets, header.replace(CODE, &CODE.to_uppercase()), 0, mismatch),
        (&secrets, header.replace("v1", "v0"), 0, malformed),
        (&secrets, header.replace("t=17", "t=-17"), 0, malformed),
        (&secrets, format!("v1={CODE}"), 0, malformed),
        (&secrets, String::new(), 0, malformed),
        (&secrets, format!("t={},v1={CODE}", SIGNED_AT + 1), 0, mismatch),
        (&old, header.clone(), 0, mismatch),
        (&none, header.clone(), 0, mismatch),
    ] {
        assert_eq!(check(secrets, &header, PAYLOAD, after), Err(expected), "{header}");
    }
    assert_eq!(check(&secrets, &header, &PAYLOAD.replace("user_42", "user_43"), 0), Err(mismatch));
}

#[test]
fn an_envelope_tells_what_happened_to_what() {
    let event = Event::read(PAYLOAD.as_bytes()).unwrap();
    assert_eq!(
        (event.id.as_str(), event.kind.as_str(), event.created),
        ("evt_1", "checkout.session.completed", SIGNED_AT)
    );
    assert_eq!((event.object_id(), event.payment_intent()), (Some("cs_test_1"), None));
    for body in
        ["", "[]", PAYLOAD.split_at(200).0, &PAYLOAD.replace("\"object\":\"event\"", "\"object\":\"v2.core.event\"")]
    {
        assert_eq!(Event::read(body.as_bytes()), None, "{body}");
    }
    let refund = |intent: Value| {
        let body = json!({"id": "evt_2", "object": "event", "type": "refund.created", "created": 1, "data": {"object": {"id": "re_1", "payment_intent": intent}}});
        Event::read(body.to_string().as_bytes()).unwrap().payment_intent().map(str::to_owned)
    };
    assert_eq!(
        (refund(json!("pi_1")), refund(json!({"id": "pi_1"})), refund(Value::Null)),
        (Some("pi_1".into()), Some("pi_1".into()), None)
    );
}
