//! The function's binary as Lambda runs it.

use serde_json::json;
use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    let binary = env!("CARGO_BIN_EXE_billing");
    FunctionHost::http_cases("billing", binary, "/api/billing/invoices?limit=1", None).await;
}

#[tokio::test]
async fn without_a_key_it_says_that_there_are_no_payments() {
    let host = FunctionHost::start("billing", env!("CARGO_BIN_EXE_billing")).await;
    let ada = host.cloud.caller("Ada").await;
    let checkout =
        json!({"priceId": "price_1", "successUrl": "https://app.example.com", "cancelUrl": "https://app.example.com"});
    let answer = host.app.post("/api/stripe/create-checkout").by(&ada).json(&checkout).send().await;
    answer.expect_problem(503, "payments_not_configured");
    let subscription = host.app.get("/api/billing/subscription").by(&ada).send().await.expect(200);
    let expected = json!({"plan": "free", "prioritySupport": false, "trialAvailable": true, "subscription": null});
    assert_eq!(subscription, expected);
}
