//! The function's binary as Lambda runs it.

use serde_json::json;
use testkit::FunctionHost;

#[tokio::test]
async fn health_tells_of_the_table_and_of_who_answers() {
    let host = FunctionHost::start("agents", env!("CARGO_BIN_EXE_agents")).await;
    let health = host.app.get("/api/health").send().await.expect(200);
    assert_eq!((&health["status"], &health["services"]), (&json!("ok"), &json!({"table": "ok", "ai": "embedded"})));
}
