//! The function's binary as Lambda runs it.

use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    FunctionHost::http_cases("ledger", env!("CARGO_BIN_EXE_ledger"), "/api/buz/supply", Some("/api/buz/transfer"))
        .await;
}
