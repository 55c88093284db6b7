//! The function's binary as Lambda runs it.

use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    FunctionHost::http_cases("analytics", env!("CARGO_BIN_EXE_analytics"), "/api/analytics/platform", None).await;
}
