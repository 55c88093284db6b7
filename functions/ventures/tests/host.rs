//! The function's binary as Lambda runs it.

use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    let binary = env!("CARGO_BIN_EXE_ventures");
    FunctionHost::http_cases("ventures", binary, "/api/ventures?limit=1", Some("/api/ventures/create")).await;
}
