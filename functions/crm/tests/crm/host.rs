//! The function's binary as Lambda runs it.

use testkit::FunctionHost;
use testkit::runtime_api::function_url_event;

const IMPORT: &str = "/api/crm/leads/import";

#[tokio::test]
async fn it_answers_through_its_function_url() {
    FunctionHost::http_cases("crm", env!("CARGO_BIN_EXE_crm"), "/api/crm/leads?limit=1", Some("/api/crm/leads")).await;
}

#[tokio::test]
async fn a_file_arrives_as_text_and_as_bytes() {
    let host = FunctionHost::start("crm", env!("CARGO_BIN_EXE_crm")).await;
    let ada = host.cloud.caller("Ada").await;
    let file = include_bytes!("../fixtures/german_excel.csv");
    let by_ada = ("authorization", &*format!("Bearer {}", ada.token));

    // The function URL decides by the media type: this one it takes for bytes, whatever is in it.
    let mut event = function_url_event("POST", IMPORT, &[("content-type", "application/octet-stream"), by_ada], file);
    assert_eq!(event["isBase64Encoded"], true);
    let refused = host.invoke(event.clone()).await;
    assert_eq!(refused["statusCode"], 415, "{refused}");
    event["headers"]["content-type"] = "text/csv".into();
    let answer = host.invoke(event).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    let imported: serde_json::Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert!(imported["imported"].as_u64().unwrap() > 0, "{imported}");

    let again =
        host.app.post(IMPORT).by(&ada).body("text/csv; charset=utf-8", file.as_slice()).send().await.expect(200);
    assert_eq!(again["skipped"], imported["imported"], "it is the same file: {again}");

    let large = vec![b'a'; 4 * 1024 * 1024 + 1];
    host.app.post(IMPORT).by(&ada).body("text/csv", large).send().await.expect_problem(413, "too_large");
}
