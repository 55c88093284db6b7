//! What is bought and paid, and what vendors tell.

use std::time::Duration;

use groundwork::operator::{set_plan, set_role};
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::plan::PlanName;
use stripe_sandbox::{Card, Delivery};
use testkit::Request;
use vendors::unipile;

use super::accounts::sign_in;
use super::{EMAIL, Scenario};
use crate::stage::Run;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const CREATE: &str = "/api/stripe/create-checkout";
const SUBSCRIPTION: &str = "/api/billing/subscription";

pub(super) async fn run(scenario: &mut Scenario) {
    let request = scenario.stage.app.get("/api/billing/prices");
    scenario.measure("listPrices", "", 200, request).await;
    buy(scenario).await;
    change(scenario).await;
    fail(scenario).await;
    told(scenario).await;
    operate(scenario).await;
}

fn checkout(price: &str) -> Value {
    let page = "https://app.example.com/paid?checkout={CHECKOUT_SESSION_ID}";
    json!({"priceId": price, "successUrl": page, "cancelUrl": "https://app.example.com/plans"})
}

/// The session of a checkout that was begun.
fn session(created: &Value) -> String {
    created["id"].as_str().expect("an id").to_owned()
}

async fn buy(scenario: &mut Scenario) {
    let request = scenario.post(CREATE, &checkout("price_credits_4900"));
    let first = scenario.measure("createCheckout", "the organisation's first", 201, request).await;
    let request = scenario.post(CREATE, &checkout("price_pro_monthly"));
    let plan = scenario.measure("createCheckout", "", 201, request).await;
    let request = scenario.get(&format!("/api/billing/checkouts/{}", session(&plan)));
    scenario.measure("getCheckout", "", 200, request).await;
    for created in [&first, &plan] {
        assert!(scenario.stage.platform.stripe.pay(&session(created), Card::Accepted), "the card pays");
    }
    tell(scenario).await;
    let request = scenario.post("/api/stripe/portal", &json!({"returnUrl": "https://app.example.com/billing"}));
    scenario.measure("createPortalSession", "", 200, request).await;
    let request = scenario.get(SUBSCRIPTION);
    scenario.measure("getSubscription", "", 200, request).await;
}

async fn change(scenario: &mut Scenario) {
    let path = format!("{SUBSCRIPTION}/change-plan");
    let request = scenario.post(&path, &json!({"plan": "outreach"}));
    scenario.measure("changePlan", "", 200, request).await;
    tell(scenario).await;
    for (operation, name) in [("cancelSubscription", "cancel"), ("resumeSubscription", "resume")] {
        let request = scenario.dressed(scenario.stage.app.post(&format!("{SUBSCRIPTION}/{name}")));
        let request = scenario.with_key(request);
        scenario.measure(operation, "", 200, request).await;
        tell(scenario).await;
    }
}

/// A renewal fails and is paid after all; money is given back, and the subscription ends.
async fn fail(scenario: &mut Scenario) {
    let stripe = scenario.stage.platform.stripe.clone();
    let customer = stripe.customers().remove(0);
    let payments = stripe.payments_of(&customer);
    for payment in &payments {
        assert!(stripe.refund(payment, 100), "there is something to give back");
    }
    tell(scenario).await;
    stripe.change_card(&customer, Card::Declined);
    tokio::time::sleep(DAY * 31).await;
    tell(scenario).await;
    stripe.change_card(&customer, Card::Accepted);
    stripe.collect(&customer);
    stripe.end(&customer);
    tell(scenario).await;
    sign_in(scenario, EMAIL).await;
    let request = scenario.get("/api/billing/invoices");
    scenario.measure("listInvoices", "", 200, request).await;
}

/// Brings what the sandbox has to tell, unmeasured; the worker's runs count as examples.
async fn tell(scenario: &mut Scenario) {
    for delivery in taken(scenario) {
        let request = told_by_stripe(scenario, "/api/stripe/webhook", &delivery);
        let request = request.body("application/json", delivery.body);
        scenario.quietly(200, request).await;
    }
}

fn taken(scenario: &Scenario) -> Vec<Delivery> {
    let stripe = &scenario.stage.platform.stripe;
    let deliveries = stripe.deliveries();
    deliveries.iter().for_each(|delivery| stripe.delivered(&delivery.event_id));
    deliveries
}

fn told_by_stripe(scenario: &Scenario, path: &str, delivery: &Delivery) -> Request {
    scenario.stage.app.post(path).header("stripe-signature", &delivery.signature)
}

async fn told(scenario: &mut Scenario) {
    let stripe = scenario.stage.platform.stripe.clone();
    let customer = stripe.customers().remove(0);
    let metadata = [
        ("organization_id".to_owned(), scenario.organization.clone()),
        ("product".to_owned(), "credits_4900".to_owned()),
    ];
    stripe
        .buy(&customer, "price_credits_4900", Card::Accepted, &metadata.into_iter().collect())
        .expect("the card pays");
    let deliveries = taken(scenario);
    let places =
        [("receiveStripeEvent", "/api/stripe/webhook"), ("receiveStripeEventAtItsOtherPath", "/stripe-webhook")];
    for (delivery, (operation, path)) in deliveries.iter().zip(places) {
        let send = |scenario: &Scenario| {
            told_by_stripe(scenario, path, delivery).body("application/json", delivery.body.clone())
        };
        let request = send(scenario);
        scenario.measure(operation, "", 200, request).await;
        if operation == "receiveStripeEvent" {
            let request = send(scenario);
            scenario.measure(operation, "once more", 200, request).await;
        }
    }
    let code = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
    let request = scenario.stage.app.get(&format!("/api/linkedin/webhook?challengeCode={code}"));
    scenario.measure("answerLinkedinChallenge", "", 200, request).await;
    let body = r#"{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":1}]}"#;
    let signature = vendors::linkedin::webhook::sign(embedded::LinkedIn::CLIENT_SECRET, body.as_bytes())
        .expect("there is a secret");
    let request = scenario.stage.app.post("/api/linkedin/webhook").header("x-li-signature", &signature).content(body);
    scenario.measure("receiveLinkedinEvent", "", 200, request).await;
    let body = r#"{"event":"message_received","account_id":"a","message_id":"m","message":"Hello"}"#;
    let request = scenario.stage.app.post("/api/unipile/webhook").header(unipile::SECRET_HEADER, "unipile-sandbox");
    scenario.measure("receiveUnipileEvent", "", 200, request.content(body)).await;
    let body = r#"{"id":"evt_1","type":"message.new"}"#;
    let now = scenario.stage.backstage.clock.now();
    let signature = unipile::sign("unipile-signing-sandbox", body.as_bytes(), now).expect("there is a secret");
    let request = scenario.stage.app.post("/api/unipile/v2/webhook").header(unipile::SIGNATURE_HEADER, &signature);
    scenario.measure("receiveSignedUnipileEvent", "", 200, request.content(body)).await;
}

/// What operators do, and the comparison of an hour without and with something that is missing.
async fn operate(scenario: &mut Scenario) {
    let now = scenario.stage.backstage.clock.now();
    let backstage = scenario.stage.backstage.clone();
    set_role(&backstage, EMAIL, Some(PlatformRole::Admin)).await.expect("the role is set");
    let body = json!({"provider": "stripe", "from": now.minus(DAY), "to": now.plus(DAY)});
    let request = scenario.post("/api/billing/webhook-events/replay", &body);
    scenario.measure("replayWebhookEvents", "", 200, request).await;
    let runs = scenario.stage.follow().await;
    scenario.note_runs(&runs);
    set_role(&backstage, EMAIL, Some(PlatformRole::Support)).await.expect("the role is set");
    set_plan(&backstage, scenario.organization_id(), PlanName::Pro).await.expect("the plan is set");
    let runs = scenario.stage.follow().await;
    scenario.note_runs(&runs);
    reconcile(scenario, "the first of all").await;
    reconcile(scenario, "nothing is missing").await;
}

async fn reconcile(scenario: &mut Scenario, case: &str) {
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    let run: Run = scenario.stage.reconciliation(case).await;
    scenario.note(run, Vec::new());
}
