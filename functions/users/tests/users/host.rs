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

#[tokio::test]
async fn an_export_comes_as_a_stream() {
    let host = FunctionHost::start("users", env!("CARGO_BIN_EXE_users")).await;
    let ada = host.cloud.caller("Ada").await;
    let link = host.app.post(&format!("/api/users/{}/export", ada.user_id)).by(&ada).send().await.expect(201);
    let answer = host.app.get(link["url"].as_str().unwrap()).send().await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.expect(200);
    assert!(document["records"].as_array().unwrap().iter().any(|record| record["type"] == "user"), "{document}");
}
