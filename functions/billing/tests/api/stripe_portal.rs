//! `POST /api/stripe/portal`

use serde_json::json;
use shared::access::Role;

use crate::support::{Bench, PACK};

const PATH: &str = "/api/stripe/portal";

#[tokio::test(start_paused = true)]
async fn a_customer_goes_to_the_portal_and_comes_back_to_our_pages() {
    let bench = Bench::new().await;
    let body = json!({"returnUrl": "https://app.example.com/billing"});
    bench.post(PATH).json(&body).send().await.expect_problem(409, "no_customer");
    bench.create(PACK).send().await.expect(201);
    let session = bench.post(PATH).json(&body).send().await.expect(200);
    assert!(session["url"].as_str().unwrap().contains("/portal/bps_"), "{session}");
    let wrong = bench.post(PATH).json(&json!({"returnUrl": "https://evil.example"})).send().await;
    assert_eq!(wrong.expect_problem(422, "invalid")["errors"][0]["path"], "returnUrl");
    let admin = bench.other(Role::Admin).await;
    let answer = bench.app.post(PATH).by(&admin).organization(bench.ada.organization_id).json(&body).send().await;
    answer.expect_problem(403, "forbidden");
}
