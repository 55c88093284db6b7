//! The function's binary as Lambda runs it.

use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    let binary = env!("CARGO_BIN_EXE_billing");
    FunctionHost::http_cases("billing", binary, "/api/billing/credits/history?limit=1", None).await;
}
