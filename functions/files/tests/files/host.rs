//! The function's binary as Lambda runs it.

use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    let binary = env!("CARGO_BIN_EXE_files");
    FunctionHost::http_cases("files", binary, "/api/files/storage", Some("/api/files/upload")).await;
}
