//! The function's binary as Lambda runs it.

use serde_json::json;
use testkit::FunctionHost;

#[tokio::test]
async fn it_answers_through_its_function_url() {
    FunctionHost::http_cases("agents", env!("CARGO_BIN_EXE_agents"), "/api/tasks?limit=1", Some("/api/chat/message"))
        .await;
}

#[tokio::test]
async fn health_tells_of_the_table_and_of_who_answers() {
    let host = FunctionHost::start("agents", env!("CARGO_BIN_EXE_agents")).await;
    let health = host.app.get("/api/health").send().await.expect(200);
    assert_eq!((&health["status"], &health["services"]), (&json!("ok"), &json!({"table": "ok", "ai": "embedded"})));
}
