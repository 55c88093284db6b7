//! `/api/organizations`

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::access::Role;
use testkit::Cloud;

use crate::support::{app, trail};

#[tokio::test(start_paused = true)]
async fn a_new_organization_is_its_creators_and_on_the_free_plan() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let body = json!({"name": "Analytical Engines", "industry": "Computing"});
    let created = app.post("/api/organizations").by(&ada).json(&body).send().await.expect(201);
    assert_eq!((&created["role"], &created["plan"]), (&json!("owner"), &json!("free")));
    let list = app.get("/api/organizations").by(&ada).send().await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert_eq!(list["data"][1], created);
    let path = format!("/api/organizations/{}", created["id"].as_str().unwrap());
    assert_eq!(app.get(&path).by(&ada).send().await.expect(200), created);
    let trail =
        app.get("/api/activity").by(&ada).organization(created["id"].as_str().unwrap()).send().await.expect(200);
    assert_eq!(trail["data"][0]["type"], "organization.created");
    assert_eq!(trail["data"][0]["actor"], json!({"kind": "user", "userId": ada.user_id.to_string()}));
}

#[tokio::test(start_paused = true)]
async fn another_tenants_organization_is_not_there() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    let path = format!("/api/organizations/{}", ada.organization_id);
    app.get(&path).by(&eve).send().await.expect_problem(404, "not_found");
    app.get("/api/activity").by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
    app.get("/api/activity").by(&eve).organization("org_no").send().await.expect_problem(404, "not_found");
    cloud.join(&eve, ada.organization_id, Role::Member).await;
    assert_eq!(app.get(&path).by(&eve).send().await.expect(200)["role"], "member");
}

#[tokio::test(start_paused = true)]
async fn an_admin_renames_an_organization_and_the_same_again_is_no_change() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.founder("Ada").await, cloud.caller("Eve").await);
    cloud.join(&eve, ada.organization_id, Role::Admin).await;
    let path = format!("/api/organizations/{}", ada.organization_id);
    let put = |body: Value| app.put(&path).by(&eve).json(&body).send();
    let renamed = put(json!({"name": " Looms ", "industry": "Textiles"})).await.expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["industry"], &renamed["role"]),
        (&json!("Looms"), &json!("Textiles"), &json!("admin"))
    );
    assert_eq!(app.get(&path).by(&eve).send().await.expect(200), renamed);
    put(json!({"name": "Looms", "industry": "Textiles"})).await.expect(200);
    let cleared = put(json!({"name": "Looms"})).await.expect(200);
    assert_eq!(cleared["industry"], json!(null), "what is absent is cleared");
    assert_eq!(trail(&cloud, ada.organization_id).await, ["organization.renamed", "organization.renamed"]);
    put(json!({"name": ""})).await.expect_problem(422, "invalid");
    put(json!({"name": "Looms", "plan": "pro"})).await.expect_problem(400, "malformed");
    // The header says nothing where the path does.
    let elsewhere = app.put(&path).by(&eve).organization(eve.organization_id).json(&json!({"name": "Here"})).send();
    assert_eq!(elsewhere.await.expect(200)["name"], "Here");
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_answers_as_the_first_time() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let create = |name: &str| {
        let body = json!({"name": name});
        app.post("/api/organizations").by(&ada).header("idempotency-key", "once").json(&body)
    };
    let (first, second) = (create("Engines").send().await, create("Engines").send().await);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(first.expect(201), second.expect(201));
    let problem = create("Looms").send().await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "Idempotency-Key");
    assert_eq!(app.get("/api/organizations").by(&ada).send().await.expect(200)["data"].as_array().unwrap().len(), 2);
    let racers = futures_util::future::join_all((0..8).map(|_| {
        app.post("/api/organizations").by(&ada).header("idempotency-key", "race").json(&json!({"name": "Race"})).send()
    }));
    let ids = racers.await.into_iter().map(|answer| answer.expect(201)["id"].clone()).collect::<Vec<_>>();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_told_apart_and_writes_nothing() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let send = |body: &str| app.post("/api/organizations").by(&ada).body("application/json", body.to_owned()).send();
    for (body, path) in [
        ("{", ""),
        (r#"{"name": 7}"#, "name"),
        (r#"{"industry": "x"}"#, ""),
        (r#"{"name": "x", "plan": "pro"}"#, "plan"),
        (r#"{"name": "x"} trailing"#, ""),
    ] {
        let problem = send(body).await.expect_problem(400, "malformed");
        assert_eq!(problem["errors"][0]["path"], path, "{body}");
    }
    let long = "x".repeat(101);
    let problem = send(&json!({"name": " ", "industry": long}).to_string()).await.expect_problem(422, "invalid");
    let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect::<Vec<_>>();
    assert_eq!(paths, ["industry", "name"], "all of them, by name");
    let problem = send(&json!({"name": "two\nlines"}).to_string()).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "name");
    let not_utf8 = app.post("/api/organizations").by(&ada).body("application/json", vec![b'"', 0xff, b'"']).send();
    not_utf8.await.expect_problem(400, "malformed");
    let text = app.post("/api/organizations").by(&ada).body("text/plain", "{}").send().await;
    text.expect_problem(415, "unsupported_media_type");
    let large = app.post("/api/organizations").by(&ada).body("application/json", "x".repeat(300 * 1024)).send().await;
    large.expect_problem(413, "too_large");
    let key = app.post("/api/organizations").by(&ada).header("idempotency-key", "").json(&json!({"name": "x"})).send();
    key.await.expect_problem(400, "malformed");
    assert_eq!(app.get("/api/organizations").by(&ada).send().await.expect(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn lists_are_paged_and_cursors_stay_in_their_list() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    for number in 0..3 {
        app.post("/api/organizations").by(&ada).json(&json!({"name": format!("O{number}")})).send().await.expect(201);
    }
    let first = app.get("/api/organizations?limit=3").by(&ada).send().await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    let path = format!("/api/organizations?limit=3&cursor={cursor}");
    let second = app.get(&path).by(&ada).send().await.expect(200);
    assert_eq!((second["data"].as_array().unwrap().len(), &second["nextCursor"]), (1, &json!(null)));
    app.get(&path).by(&eve).send().await.expect_problem(400, "malformed");
    app.get("/api/organizations?cursor=%21").by(&ada).send().await.expect_problem(400, "malformed");
    // A cursor may name this very list and yet a place outside of it.
    let tag = Sha256::digest(format!("USER#{}", ada.user_id).as_bytes());
    for place in ["A", "ZZZ", "MEMBER", "SESSION#x"] {
        let forged = URL_SAFE_NO_PAD.encode([&tag[..4], place.as_bytes()].concat());
        let answer = app.get(&format!("/api/organizations?cursor={forged}")).by(&ada).send().await;
        answer.expect_problem(400, "malformed");
    }
    app.get("/api/organizations?limit=0").by(&ada).send().await.expect_problem(422, "invalid");
    app.get("/api/organizations?limit=x").by(&ada).send().await.expect_problem(400, "malformed");
    app.get("/api/organizations?page=2").by(&ada).send().await.expect_problem(400, "malformed");
}

#[tokio::test(start_paused = true)]
async fn every_answer_is_dressed_alike() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let answer = app.get("/api/organizations/").by(&ada).send().await;
    assert_eq!(answer.status, 200, "a trailing slash answers like the bare path");
    for (name, value) in [("api-version", "1"), ("x-content-type-options", "nosniff"), ("cache-control", "no-store")] {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(answer.header("x-request-id").unwrap().starts_with("req_"));
    app.get("/api/nothing").send().await.expect_problem(404, "not_found");
    let answer = app.delete("/api/organizations").by(&ada).send().await;
    assert_eq!(answer.header("allow"), Some("POST,GET,HEAD"));
    answer.expect_problem(405, "method_not_allowed");
}
