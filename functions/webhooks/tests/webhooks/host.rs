//! The function's binary as Lambda runs it.

use serde_json::json;
use testkit::FunctionHost;
use vendors::stripe::webhook::sign;

use crate::support::{STRIPE, event, stored};

#[tokio::test]
async fn it_answers_through_its_function_url() {
    FunctionHost::http_cases("webhooks", env!("CARGO_BIN_EXE_webhooks"), "/api/health", None).await;
}

#[tokio::test]
async fn it_knows_stripe_by_the_secret_that_its_environment_names() {
    let host = FunctionHost::start("webhooks", env!("CARGO_BIN_EXE_webhooks")).await;
    let body = event("evt_1", "invoice.paid", &json!({"id": "in_1"}));
    let now = host.cloud.services.clock.now();
    let post = |secret: &str| {
        let signature = sign(secret, body.as_bytes(), now).unwrap();
        host.app.post(STRIPE).header("stripe-signature", &signature).content(body.clone()).send()
    };
    post("another").await.expect_problem(400, "signature_invalid");
    assert_eq!(post("whsec_of_a_test").await.expect(200), json!({"new": true}));
    assert_eq!(stored(&host.cloud, shared::model::inbound_event::Provider::Stripe).await.len(), 1);
}
