//! The function's binary as Lambda runs it.

use serde_json::{Value, json};
use shared::event::{Event, Fact};
use shared::id::OrganizationId;
use shared::store::Listing;
use testkit::FunctionHost;
use testkit::runtime_api::function_url_event;

const PATH: &str = "/api/organizations";

#[tokio::test]
async fn it_answers_through_its_function_url() {
    FunctionHost::http_cases(
        "organizations",
        env!("CARGO_BIN_EXE_organizations"),
        "/api/organizations?limit=1",
        Some(PATH),
    )
    .await;
}

async fn start() -> FunctionHost {
    FunctionHost::start("organizations", env!("CARGO_BIN_EXE_organizations")).await
}

#[tokio::test]
async fn organizations_are_created_and_listed_through_the_function_url() {
    let host = start().await;
    assert_eq!(host.app.get("/api/health").send().await.expect(200)["services"], json!({"table": "ok"}));
    let (ada, eve) = (host.cloud.caller("Ada").await, host.cloud.caller("Eve").await);

    let body = json!({"name": "Analytical Engines", "industry": "Computing"});
    let answer = host.app.post(PATH).by(&ada).json(&body).send().await;
    let request_id = answer.header("x-request-id").unwrap().to_owned();
    let created = answer.expect(201);
    let id: OrganizationId = created["id"].as_str().unwrap().parse().unwrap();
    let listing = Listing::of_partition(Event::partition(id));
    let trail = host.cloud.services.store.list::<Event>(&listing, None).await.unwrap().data;
    assert_eq!(trail.len(), 1);
    assert!(matches!(trail[0].fact, Fact::OrganizationCreated { .. }));
    assert_eq!(trail[0].request_id.unwrap().to_string(), request_id);
    let said = host.log().into_iter().find(|line| line["request_id"] == request_id.as_str());
    assert_eq!(said.map(|line| line["function"].clone()), Some(json!("organizations")), "{:?}", host.log());

    let first = host.app.get(&format!("{PATH}?limit=1")).by(&ada).send().await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = host.app.get(&format!("{PATH}?limit=1&cursor={cursor}")).by(&ada).send().await.expect(200);
    assert_eq!(second["data"], json!([created]));
    host.app.get(&format!("{PATH}/{id}")).by(&eve).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_through_the_function_url() {
    let host = start().await;
    let ada = host.cloud.caller("Ada").await;
    let send = |media_type: &str, body: &[u8]| host.app.post(PATH).by(&ada).body(media_type, body.to_vec()).send();

    let answer = host.app.get(PATH).send().await;
    assert!(answer.header("x-request-id").unwrap().starts_with("req_"));
    answer.expect_problem(401, "token_missing");
    host.app.get(PATH).bearer("no.valid.token").send().await.expect_problem(401, "token_invalid");
    send("application/json", b"{").await.expect_problem(400, "malformed");
    send("application/json", b"\"\xff\"").await.expect_problem(400, "malformed");
    send("text/plain", b"{}").await.expect_problem(415, "unsupported_media_type");
    send("image/png", b"\x89PNG").await.expect_problem(415, "unsupported_media_type");
    host.app.get("/api/nothing").send().await.expect_problem(404, "not_found");
    host.app.delete(PATH).by(&ada).send().await.expect_problem(405, "method_not_allowed");
    let list = host.app.get(PATH).by(&ada).send().await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "hers alone");
}

#[tokio::test]
async fn a_body_in_base64_is_read_as_its_bytes() {
    let host = start().await;
    let ada = host.cloud.caller("Ada").await;
    let (token, body) = (format!("Bearer {}", ada.token), r#"{"name": "Café"}"#);
    let bytes = function_url_event("POST", PATH, &[("content-type", "image/png")], body.as_bytes());
    assert_eq!(bytes["isBase64Encoded"], true);
    let headers = [("content-type", "application/json"), ("authorization", &*token)];
    let mut event = function_url_event("POST", PATH, &headers, body.as_bytes());
    event["body"] = bytes["body"].clone();
    event["isBase64Encoded"] = json!(true);
    let answer = host.invoke(event).await;
    assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(201), &json!(false)), "{answer}");
    let created: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(created["name"], "Café");
}
