//! `/api/crm/leads`

use crate::support::{app, dump, file, import, items, leads};
use serde_json::{Value, json};
use testkit::Cloud;

#[tokio::test(start_paused = true)]
async fn a_new_lead_is_tidied_and_told_of() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let body = json!({"name": " Grace  Hopper ", "email": "Grace@Navy.example", "company": "Navy", "title": "Admiral",
        "phone": "+1 555 0100", "linkedinUrl": "uk.linkedin.com/in/Grace-Hopper/?trk=x", "source": "Referral",
        "status": "contacted", "priority": "high", "lastContactedAt": "2026-11-19T10:00:00+01:00", "notes": "One\r\ntwo\t"});
    let created = app.post("/api/crm/leads").by(&ada).json(&body).send().await.expect(201);
    let expected = json!({"id": created["id"], "organizationId": ada.organization_id.to_string(), "name": "Grace Hopper",
        "email": "grace@navy.example", "company": "Navy", "title": "Admiral", "phone": "+1 555 0100",
        "linkedinUrl": "https://www.linkedin.com/in/grace-hopper", "source": "Referral", "status": "contacted",
        "priority": "high", "lastContactedAt": "2026-11-19T09:00:00.000Z", "notes": "One\ntwo",
        "openFollowUpTaskId": null, "lastFollowUpAt": null,
        "createdAt": "2026-11-20T09:00:00.000Z", "updatedAt": "2026-11-20T09:00:00.000Z"});
    assert_eq!(created, expected);
    assert!(created["id"].as_str().unwrap().starts_with("led_"));
    let path = format!("/api/crm/leads/{}", created["id"].as_str().unwrap());
    assert_eq!(app.get(&path).by(&ada).send().await.expect(200), created);
    let event = items(&cloud, "event").pop().unwrap();
    assert_eq!((&event["type"]["S"], &event["data"]["M"]["leadId"]["S"]), (&json!("lead.created"), &created["id"]));
    let least = app.post("/api/crm/leads").by(&ada).json(&json!({"name": "Acme"})).send().await.expect(201);
    assert_eq!(
        (&least["status"], &least["priority"], &least["email"]),
        (&json!("new"), &json!("medium"), &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn one_person_is_one_lead() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let create = |body: &Value| app.post("/api/crm/leads").by(&ada).json(body).send();
    let first = create(&json!({"name": "Ada", "email": "ada@example.com"})).await.expect(201);
    let problem =
        create(&json!({"name": "Countess", "email": " ADA@example.com"})).await.expect_problem(409, "lead_exists");
    assert!(problem["detail"].as_str().unwrap().contains(first["id"].as_str().unwrap()), "{problem}");
    create(&json!({"name": "Bob", "linkedinUrl": "https://linkedin.com/in/bob"})).await.expect(201);
    create(&json!({"name": "B.", "linkedinUrl": "de.linkedin.com/in/BOB/"})).await.expect_problem(409, "lead_exists");
    create(&json!({"name": "Acme", "company": "Acme", "phone": "+49 30 12"})).await.expect(201);
    create(&json!({"name": "acme", "company": "ACME", "phone": "0049-3012"})).await.expect_problem(409, "lead_exists");
    let rows =
        "Email,LinkedIn,Company,Phone\nada@example.com,,,\n,www.linkedin.com/in/bob,Bob Ltd,\n,,Acme,004930 12\n";
    let answer = import(&app, &ada, rows).await.expect(200);
    assert_eq!(
        (&answer["imported"], &answer["updated"], &answer["skipped"]),
        (&json!(0), &json!(2), &json!(1)),
        "{answer}"
    );
    let racers = tokio::join!(
        create(&json!({"name": "Race", "email": "race@example.com"})),
        create(&json!({"name": "Race", "email": "race@example.com"}))
    );
    let mut statuses = [racers.0.status.as_u16(), racers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_answers_as_the_first_time() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let create = |name: &str| {
        let body = json!({"name": name, "email": "ada@example.com"});
        app.post("/api/crm/leads").by(&ada).header("idempotency-key", "once").json(&body).send()
    };
    let (first, second) = (create("Ada").await, create("Ada").await);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.expect(201), second.expect(201));
    create("Bob").await.expect_problem(422, "invalid");
    assert_eq!(items(&cloud, "lead").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_loses_a_race_under_one_key_gets_the_first_answer() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    for head_start in 0..24 {
        let body = json!({"name": "Grace", "email": format!("grace{head_start}@example.com")});
        let key = format!("race-{head_start}");
        let racer = async |head_start: usize| {
            // Each comes a little later than the one before, so that some read before the first has written and some after.
            for _ in 0..head_start {
                tokio::task::yield_now().await;
            }
            app.post("/api/crm/leads").by(&ada).header("idempotency-key", &key).json(&body).send().await.expect(201)
        };
        let (first, second) = tokio::join!(racer(0), racer(head_start));
        assert_eq!(first, second, "{head_start}");
    }
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_told_apart_and_writes_nothing() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let before = dump(&cloud);
    let send = |body: &str| app.post("/api/crm/leads").by(&ada).body("application/json", body.to_owned()).send();
    for (body, path) in [
        ("[]", ""),
        (r#"{"email": "ada@example.com"}"#, ""),
        (r#"{"name": 7}"#, "name"),
        (r#"{"name": "x", "status": "won"}"#, "status"),
        (r#"{"name": "x", "priority": 1}"#, "priority"),
        (r#"{"name": "x", "lastContactedAt": "yesterday"}"#, "lastContactedAt"),
        (r#"{"name": "x", "openFollowUpTaskId": null}"#, "openFollowUpTaskId"),
    ] {
        let problem = send(body).await.expect_problem(400, "malformed");
        assert_eq!(problem["errors"][0]["path"], path, "{body}");
    }
    let long = "x".repeat(201);
    let all = json!({"name": " ", "email": "ada@", "company": long, "title": "", "phone": "12", "source": long,
        "linkedinUrl": "https://www.linkedin.com/company/acme", "notes": "y".repeat(10_001)});
    let problem = send(&all.to_string()).await.expect_problem(422, "invalid");
    let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap());
    let paths = paths.collect::<Vec<_>>();
    assert_eq!(paths, ["company", "email", "linkedinUrl", "name", "notes", "phone", "source", "title"]);
    for (field, value) in
        [("email", "a@example.com, b@example.com"), ("linkedinUrl", "https://evil.example/in/x"), ("phone", "none")]
    {
        let problem = send(&json!({"name": "x", field: value}).to_string()).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], field);
    }
    app.post("/api/crm/leads")
        .by(&ada)
        .body("text/csv", "{}")
        .send()
        .await
        .expect_problem(415, "unsupported_media_type");
    assert_eq!(dump(&cloud), before);
}

#[tokio::test(start_paused = true)]
async fn lists_are_paged_by_status_and_stay_in_their_organization() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    let rows = "Email,Status,Last contacted\na@example.com,qualified,2026-11-03\nb@example.com,qualified,2026-11-01\n\
                c@example.com,new,\nd@example.com,qualified,2026-11-02\n";
    import(&app, &ada, rows).await.expect(200);
    import(&app, &eve, file(2)).await.expect(200);
    let emails = |page: &Value| {
        let emails = page["data"].as_array().unwrap().iter().map(|lead| lead["email"].as_str().unwrap().to_owned());
        emails.collect::<Vec<_>>()
    };
    let path = "/api/crm/leads?status=qualified&limit=2";
    let first = app.get(path).by(&ada).send().await.expect(200);
    assert_eq!(emails(&first), ["b@example.com", "d@example.com"], "the longest without contact first");
    let next = format!("{path}&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = app.get(&next).by(&ada).send().await.expect(200);
    assert_eq!((emails(&second), &second["nextCursor"]), (vec!["a@example.com".to_owned()], &Value::Null));
    app.get(&next).by(&eve).send().await.expect_problem(400, "malformed");
    app.get(&next.replace("qualified", "new")).by(&ada).send().await.expect_problem(400, "malformed");
    app.get(&next.replace("status=qualified&", "")).by(&ada).send().await.expect_problem(400, "malformed");
    assert_eq!(leads(&app, &ada).await.len(), 4);
    let newest = app.get("/api/crm/leads?limit=1").by(&ada).send().await.expect(200);
    assert_eq!(emails(&newest), ["d@example.com"]);
    assert!(
        app.get("/api/crm/leads?status=lost").by(&ada).send().await.expect(200)["data"].as_array().unwrap().is_empty()
    );
    for (query, status, code) in [
        ("status=won", 400, "malformed"),
        ("limit=x", 400, "malformed"),
        ("page=2", 400, "malformed"),
        ("cursor=%21", 400, "malformed"),
        ("limit=0", 422, "invalid"),
        ("limit=101", 422, "invalid"),
    ] {
        app.get(&format!("/api/crm/leads?{query}")).by(&ada).send().await.expect_problem(status, code);
    }
    app.get("/api/crm/leads").by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
    app.get("/api/crm/leads").send().await.expect_problem(401, "token_missing");
}
