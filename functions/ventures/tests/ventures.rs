//! `/api/ventures`

use serde_json::{Value, json};
use shared::access::Role;
use testkit::{Cloud, TestApp};
use ventures::{Deps, router};

fn app(cloud: &Cloud) -> TestApp {
    let deps = Deps { services: cloud.services.clone() };
    TestApp::new(router().with_state(deps), &cloud.services)
}

fn venture(name: &str) -> Value {
    json!({"name": name, "stage": "prototype", "category": "Computing", "description": "Tables without errors."})
}

#[tokio::test(start_paused = true)]
async fn a_venture_is_its_organizations_and_leaves_an_event() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let created = app.post("/api/ventures/create").by(&ada).json(&venture(" Engine ")).send().await.expect(201);
    let expected = json!({
        "id": created["id"],
        "organizationId": ada.organization_id.to_string(),
        "name": "Engine",
        "stage": "prototype",
        "category": "Computing",
        "description": "Tables without errors.",
        "createdBy": ada.user_id.to_string(),
        "createdAt": created["createdAt"],
    });
    assert_eq!(created, expected);
    let path = format!("/api/ventures/{}", created["id"].as_str().unwrap());
    assert_eq!(app.get(&path).by(&ada).send().await.expect(200), created);
    assert_eq!(events(&cloud, &ada).await, [("venture.created".to_owned(), created["id"].clone())]);
}

/// The types of an organisation's events and the ventures they name, in order.
#[cfg(test)]
async fn events(cloud: &Cloud, caller: &testkit::Caller) -> Vec<(String, Value)> {
    let partition = shared::event::Event::partition(caller.organization_id);
    let listing = shared::store::Listing::of_partition(partition);
    let page = cloud.services.store.list::<shared::event::Event>(&listing, None).await.unwrap();
    let event = |event: &shared::event::Event| {
        let json = serde_json::to_value(event).unwrap();
        (json["type"].as_str().unwrap().to_owned(), json["data"]["ventureId"].clone())
    };
    page.data.iter().map(|versioned| event(&versioned.value)).collect()
}

#[tokio::test(start_paused = true)]
async fn another_tenants_venture_is_not_there() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    let created = app.post("/api/ventures/create").by(&ada).json(&venture("Engine")).send().await.expect(201);
    let path = format!("/api/ventures/{}", created["id"].as_str().unwrap());
    app.get(&path).by(&eve).send().await.expect_problem(404, "not_found");
    app.get(&path).by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
    let list = app.get("/api/ventures").by(&eve).send().await.expect(200);
    assert_eq!(list, json!({"data": [], "nextCursor": null}));
    let intruding = app.post("/api/ventures/create").by(&eve).organization(ada.organization_id).json(&venture("Trap"));
    intruding.send().await.expect_problem(404, "not_found");
    for unknown in ["/api/ventures/ven_01KAGR3V0R0000000000000000", "/api/ventures/no"] {
        app.get(unknown).by(&ada).send().await.expect_problem(404, "not_found");
    }
    for request in [app.get("/api/ventures"), app.get(&path), app.post("/api/ventures/create").json(&venture("x"))] {
        request.send().await.expect_problem(401, "token_missing");
    }
    cloud.join(&eve, ada.organization_id, Role::Member).await;
    cloud.services.access.clear();
    let seen = app.get(&path).by(&eve).organization(ada.organization_id).send().await.expect(200);
    assert_eq!(seen, created);
}

#[tokio::test(start_paused = true)]
async fn the_newest_come_first_a_page_at_a_time() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    for name in ["One", "Two", "Three"] {
        app.post("/api/ventures/create").by(&ada).json(&venture(name)).send().await.expect(201);
    }
    let names = |page: &Value| {
        page["data"].as_array().unwrap().iter().map(|venture| venture["name"].clone()).collect::<Vec<_>>()
    };
    // The address as it is written in the ancestors' clients, with its trailing slash.
    let first = app.get("/api/ventures/?limit=2").by(&ada).send().await.expect(200);
    assert_eq!(names(&first), ["Three", "Two"]);
    let path = format!("/api/ventures?limit=2&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = app.get(&path).by(&ada).send().await.expect(200);
    assert_eq!((names(&second), &second["nextCursor"]), (vec![json!("One")], &json!(null)));
    app.get(&path).by(&eve).send().await.expect_problem(400, "malformed");
    app.get("/api/ventures?limit=101").by(&ada).send().await.expect_problem(422, "invalid");
    app.get("/api/ventures?order=name").by(&ada).send().await.expect_problem(400, "malformed");
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_creates_nothing() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let create = |name: &str| {
        app.post("/api/ventures/create").by(&ada).header("idempotency-key", "once").json(&venture(name)).send()
    };
    let (first, second) = (create("Engine").await, create("Engine").await);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(first.expect(201), second.expect(201));
    let problem = create("Loom").await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "Idempotency-Key");
    assert_eq!(app.get("/api/ventures").by(&ada).send().await.expect(200)["data"].as_array().unwrap().len(), 1);
    assert_eq!(events(&cloud, &ada).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_told_apart_and_writes_nothing() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let send = |body: Value| app.post("/api/ventures/create").by(&ada).json(&body).send();
    let with = |field: &str, value: Value| {
        let mut body = venture("Engine");
        body[field] = value;
        body
    };
    for (field, value) in [
        ("stage", json!("unicorn")),
        ("stage", json!("Prototype")),
        ("name", json!(7)),
        ("description", json!(null)),
        ("organizationId", json!(ada.organization_id.to_string())),
    ] {
        let problem = send(with(field, value)).await.expect_problem(400, "malformed");
        assert_eq!(problem["errors"][0]["path"], field);
    }
    send(json!({"name": "Engine", "category": "Computing"})).await.expect_problem(400, "malformed");
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("category", json!("  ")),
        ("category", json!("x".repeat(101))),
        ("description", json!("x".repeat(5_001))),
    ] {
        let problem = send(with(field, value)).await.expect_problem(422, "invalid");
        let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect::<Vec<_>>();
        assert_eq!(paths, [field]);
    }
    let text = app.post("/api/ventures/create").by(&ada).body("text/plain", "{}").send().await;
    text.expect_problem(415, "unsupported_media_type");
    assert!(events(&cloud, &ada).await.is_empty());
    let mut longest = json!({"name": "ä".repeat(100), "stage": "idea", "category": "ä".repeat(100)});
    assert_eq!(send(longest.clone()).await.expect(201)["description"], "");
    longest["description"] = json!("ä".repeat(5_000));
    send(longest).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn no_body_that_cannot_be_read_harms() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let with_description = |description: &[u8]| {
        let start = br#"{"name": "Engine", "stage": "mvp", "category": "Computing", "description": "#;
        [start.as_slice(), description, b"}"].concat()
    };
    let bodies = [
        // The values in a row, which serde alone would take for the members.
        br#"["Engine", "mvp", "Computing", "Tables"]"#.to_vec(),
        b"null".to_vec(),
        with_description(&[b'['; 100_000]),
        with_description(b"\"\xff\xfe\""),
        with_description(b"\"\0\""),
        with_description(br#""\ud800""#),
        with_description(b"1e999999"),
        with_description(&[b'9'; 5_000]),
        with_description(br#""Tables", "name": "Another""#),
        [with_description(b"\"\"").as_slice(), b"{}"].concat(),
    ];
    for body in bodies {
        let request = app.post("/api/ventures/create").by(&ada).body("application/json", body);
        request.send().await.expect_problem(400, "malformed");
    }
    let request = app.post("/api/ventures/create").by(&ada).json(&venture("Engine"));
    request.header("idempotency-key", "not one word").send().await.expect_problem(400, "malformed");
    assert!(events(&cloud, &ada).await.is_empty());
}
