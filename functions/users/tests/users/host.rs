//! The function's binary as Lambda runs it.

use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    FunctionHost::http_cases(
        "users",
        env!("CARGO_BIN_EXE_users"),
        "/api/users/connections?limit=1",
        Some("/api/users/usr_01KAGR3V0R0000000000000000/skills"),
    )
    .await;
}
