//! `GET /api/billing/subscription`, `POST …/change-plan`, `…/cancel` and `…/resume`

use serde_json::{Value, json};
use shared::access::Role;
use stripe_sandbox::Card;
use testkit::TestResponse;

use crate::support::{Bench, CREATE, PACK, PRO, checkout, id};

const SUBSCRIPTION: &str = "/api/billing/subscription";

async fn command(bench: &Bench, name: &str) -> TestResponse {
    bench.post(&format!("{SUBSCRIPTION}/{name}")).send().await
}

async fn change(bench: &Bench, plan: &str) -> TestResponse {
    bench.post(&format!("{SUBSCRIPTION}/change-plan")).json(&json!({ "plan": plan })).send().await
}

fn with_trial(price: &str) -> Value {
    let mut body = checkout(price);
    body["trial"] = json!(true);
    body
}

/// Buys the Pro plan. No webhook comes here: a command that changes nothing asks Stripe for what there is.
async fn subscribed() -> Bench {
    let bench = Bench::new().await;
    let created = bench.create(PRO).send().await.expect(201);
    assert!(bench.sandbox.pay(&id(&created), Card::Accepted));
    bench.settle().await;
    bench
}

fn plans(view: &Value) -> (&str, &str) {
    (view["plan"].as_str().unwrap(), view["subscription"]["plan"].as_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_better_plan_begins_at_once_and_a_lesser_one_when_the_period_ends() {
    let mut bench = subscribed().await;
    let view = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!((plans(&view), &view["prioritySupport"]), (("pro", "pro"), &json!(true)));
    assert_eq!(plans(&change(&bench, "outreach").await.expect(200)), ("outreach", "outreach"));
    let down = change(&bench, "pro").await.expect(200);
    assert_eq!(plans(&down), ("outreach", "pro"), "kept until the period ends");
    assert_eq!(down["subscription"]["planChangesAt"], down["subscription"]["currentPeriodEnd"]);
    let back = change(&bench, "outreach").await.expect(200);
    assert_eq!((plans(&back), &back["subscription"]["planChangesAt"]), (("outreach", "outreach"), &Value::Null));
    change(&bench, "pro").await.expect(200);
    bench.wait(30).await;
    let view = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!(plans(&view), ("pro", "pro"));
    let trail = bench.trail().await;
    assert_eq!(trail.iter().filter(|kind| *kind == "billing.planChangeRequested").count(), 4, "{trail:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_tried_once_for_nothing_and_then_paid_for() {
    let mut bench = Bench::new().await;
    let trial = |price: &str| bench.post(CREATE).json(&with_trial(price));
    let before = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!(before["trialAvailable"], true);
    for price in [PACK, "price_outreach_monthly"] {
        let problem = trial(price).send().await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "trial", "{price}");
    }
    let created = trial(PRO).send().await.expect(201);
    assert!(bench.sandbox.pay(&id(&created), Card::Accepted));
    bench.settle().await;
    let view = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!((plans(&view), &view["subscription"]["status"]), (("pro", "pro"), &json!("trialing")));
    assert_eq!(view["subscription"]["trialEndsAt"], view["subscription"]["currentPeriodEnd"]);
    assert_eq!((&view["trialAvailable"], bench.paid()), (&json!(false), 0));
    bench.wait(15).await;
    let view = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!((&view["subscription"]["status"], bench.paid()), (&json!("active"), 1_900));
    command(&bench, "cancel").await.expect(200);
    bench.wait(31).await;
    bench.post(CREATE).json(&with_trial(PRO)).send().await.expect_problem(409, "trial_used");
    bench.create(PRO).send().await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn a_better_plan_ends_a_trial_and_is_charged_whole() {
    let bench = Bench::new().await;
    let created = bench.post(CREATE).json(&with_trial(PRO)).send().await.expect(201);
    assert!(bench.sandbox.pay(&id(&created), Card::Accepted));
    bench.settle().await;
    let customer = bench.sandbox.customers().remove(0);
    bench.sandbox.change_card(&customer, Card::Declined);
    change(&bench, "outreach").await.expect_problem(402, "payment_declined");
    let view = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!((plans(&view), &view["subscription"]["status"]), (("pro", "pro"), &json!("trialing")));
    bench.sandbox.change_card(&customer, Card::Accepted);
    let view = change(&bench, "outreach").await.expect(200);
    assert_eq!((plans(&view), &view["subscription"]["status"]), (("outreach", "outreach"), &json!("active")));
    assert_eq!(bench.paid(), 4_900);
}

#[tokio::test(start_paused = true)]
async fn a_better_plan_that_cannot_be_charged_changes_nothing() {
    let bench = subscribed().await;
    let customer = bench.sandbox.customers().remove(0);
    bench.sandbox.change_card(&customer, Card::Declined);
    let problem = change(&bench, "outreach").await.expect_problem(402, "payment_declined");
    assert_eq!(problem["declineCode"], "insufficient_funds");
    let view = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!(plans(&view), ("pro", "pro"));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_cancelled_for_its_period_and_resumed() {
    let mut bench = subscribed().await;
    let cancelled = command(&bench, "cancel").await.expect(200);
    let subscription = &cancelled["subscription"];
    assert_eq!((plans(&cancelled), &subscription["cancelAt"]), (("pro", "pro"), &subscription["currentPeriodEnd"]));
    change(&bench, "outreach").await.expect_problem(409, "subscription_cancelled");
    assert_eq!(command(&bench, "cancel").await.expect(200), cancelled, "cancelled is cancelled");
    let resumed = command(&bench, "resume").await.expect(200);
    assert_eq!(resumed["subscription"]["cancelAt"], Value::Null);
    bench.wait(31).await;
    command(&bench, "cancel").await.expect(200);
    bench.wait(30).await;
    let view = bench.get(SUBSCRIPTION).send().await.expect(200);
    assert_eq!((&view["plan"], &view["subscription"]["status"]), (&json!("free"), &json!("canceled")));
    command(&bench, "resume").await.expect_problem(409, "no_subscription");
    bench.create(PRO).send().await.expect(201);
    let trail = bench.trail().await;
    let count = |kind: &str| trail.iter().filter(|one| *one == kind).count();
    assert_eq!(["billing.cancellationRequested", "billing.cancellationWithdrawn"].map(count), [2, 1], "{trail:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let bench = Bench::new().await;
    for name in ["cancel", "resume"] {
        command(&bench, name).await.expect_problem(409, "no_subscription");
    }
    change(&bench, "pro").await.expect_problem(409, "no_subscription");
    for plan in ["free", "enterprise"] {
        assert_eq!(change(&bench, plan).await.expect_problem(422, "invalid")["errors"][0]["path"], "plan");
    }
    change(&bench, "gold").await.expect_problem(400, "malformed");
    let mut bench = subscribed().await;
    change(&bench, "pro").await.expect(200);
    let customer = bench.sandbox.customers().remove(0);
    bench.sandbox.change_card(&customer, Card::Declined);
    bench.wait(31).await;
    change(&bench, "outreach").await.expect_problem(409, "payment_overdue");
    for role in [Role::Admin, Role::Member] {
        let other = bench.other(role).await;
        let post = |path: &str| bench.app.post(path).by(&other).organization(bench.ada.organization_id);
        post(&format!("{SUBSCRIPTION}/cancel")).send().await.expect_problem(403, "forbidden");
        let view = bench.app.get(SUBSCRIPTION).by(&other).organization(bench.ada.organization_id).send().await;
        view.expect(200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_asks_stripe_once() {
    let bench = subscribed().await;
    let send = || {
        let body = json!({"plan": "outreach"});
        bench.post(&format!("{SUBSCRIPTION}/change-plan")).header("idempotency-key", "once").json(&body).send()
    };
    let first = send().await.expect(200);
    let repeat = send().await;
    assert_eq!(repeat.header("idempotency-replayed"), Some("true"));
    assert_eq!(repeat.expect(200), first);
    assert_eq!(bench.sandbox.payments_of(&bench.sandbox.customers()[0]).len(), 2, "the difference was charged once");
}
