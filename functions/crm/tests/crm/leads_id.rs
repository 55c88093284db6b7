//! `/api/crm/leads/{leadId}` and its activities.

use std::time::Duration;

use crate::support::{app, counts, dump, import, items};
use serde_json::{Value, json};
use shared::event::Actor;
use shared::id::{LeadId, TaskId};
use shared::model::lead::Lead;
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use testkit::{Caller, Cloud, TestApp};

async fn create(app: &TestApp, caller: &Caller, body: Value) -> (String, Value) {
    let lead = app.post("/api/crm/leads").by(caller).json(&body).send().await.expect(201);
    (format!("/api/crm/leads/{}", lead["id"].as_str().unwrap()), lead)
}

#[tokio::test(start_paused = true)]
async fn replacing_a_lead_replaces_all_that_people_write_and_keeps_the_rest() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let (path, lead) =
        create(&app, &ada, json!({"name": "Bob", "email": "bob@example.com", "phone": "555-0100"})).await;
    let id: LeadId = lead["id"].as_str().unwrap().parse().unwrap();
    let stored = cloud.services.store.get::<Lead>(&Lead::key_of(ada.organization_id, id)).await.unwrap().unwrap();
    let (task, now) = (cloud.services.ids.next::<TaskId>(), cloud.services.clock.now());
    let busy = Lead { open_follow_up_task_id: Some(task), last_follow_up_at: Some(now), ..stored.value.clone() };
    cloud.write(|transaction| transaction.replace(&stored, busy.clone())).await;
    tokio::time::advance(Duration::from_secs(60)).await;
    let body = json!({"name": "Robert", "email": "bob@example.com", "status": "qualified"});
    let replaced = app.put(&path).by(&ada).json(&body).send().await.expect(200);
    assert_eq!((&replaced["name"], &replaced["phone"]), (&json!("Robert"), &Value::Null));
    assert_eq!((&replaced["status"], &replaced["priority"]), (&json!("qualified"), &json!("medium")));
    assert_eq!(replaced["openFollowUpTaskId"], task.to_string());
    assert_eq!((&replaced["createdAt"], &replaced["lastFollowUpAt"]), (&lead["createdAt"], &json!(now.to_string())));
    assert_ne!(replaced["updatedAt"], lead["updatedAt"]);
    assert_eq!(app.get(&path).by(&ada).send().await.expect(200), replaced);
    let before = dump(&cloud);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(app.put(&path).by(&ada).json(&body).send().await.expect(200), replaced);
    assert_eq!(dump(&cloud), before, "the same again writes nothing");
    let events = items(&cloud, "event").iter().map(|event| event["type"]["S"].clone()).collect::<Vec<_>>();
    assert_eq!(events, ["lead.created", "lead.updated"]);
    let problem =
        app.put(&path).by(&ada).json(&json!({"name": "", "phone": "1"})).send().await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lead_takes_its_identity_along_but_not_anothers() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let (bob, _) = create(&app, &ada, json!({"name": "Bob", "email": "bob@example.com"})).await;
    let (_, cleo) = create(&app, &ada, json!({"name": "Cleo", "email": "cleo@example.com"})).await;
    let put = |email: &str| app.put(&bob).by(&ada).json(&json!({"name": "Bob", "email": email})).send();
    let before = dump(&cloud);
    let problem = put("CLEO@example.com").await.expect_problem(409, "lead_exists");
    assert!(problem["detail"].as_str().unwrap().contains(cleo["id"].as_str().unwrap()));
    assert_eq!(dump(&cloud), before);
    put("robert@example.com").await.expect(200);
    assert_eq!(items(&cloud, "leadIdentity").len(), 2);
    let rows = "Email,Name\nrobert@example.com,Robert\nbob@example.com,Another Bob\n";
    assert_eq!(counts(&import(&app, &ada, rows).await.expect(200)), (1, 1, 0, 0), "the old address is free");
    put("bob@example.com").await.expect_problem(409, "lead_exists");
}

#[tokio::test(start_paused = true)]
async fn a_removed_lead_is_gone_and_may_come_back() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let (path, lead) = create(&app, &ada, json!({"name": "Bob", "email": "bob@example.com"})).await;
    app.delete(&path).by(&ada).send().await.expect(204);
    assert!(items(&cloud, "lead").is_empty() && items(&cloud, "leadIdentity").is_empty());
    let event = items(&cloud, "event").pop().unwrap();
    assert_eq!((&event["type"]["S"], &event["data"]["M"]["leadId"]["S"]), (&json!("lead.deleted"), &lead["id"]));
    for request in [app.delete(&path), app.get(&path), app.get(&format!("{path}/activities"))] {
        request.by(&ada).send().await.expect_problem(404, "not_found");
    }
    app.put(&path).by(&ada).json(&json!({"name": "x"})).send().await.expect_problem(404, "not_found");
    create(&app, &ada, json!({"name": "Bob", "email": "bob@example.com"})).await;
}

#[tokio::test(start_paused = true)]
async fn another_tenants_lead_is_not_there() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    let (path, _) = create(&app, &ada, json!({"name": "Bob", "email": "bob@example.com"})).await;
    let before = dump(&cloud);
    let activities = format!("{path}/activities");
    for organization in [eve.organization_id, ada.organization_id] {
        for request in [app.get(&path), app.delete(&path), app.get(&activities)] {
            request.by(&eve).organization(organization).send().await.expect_problem(404, "not_found");
        }
        let put = app.put(&path).by(&eve).organization(organization).json(&json!({"name": "Mine"}));
        put.send().await.expect_problem(404, "not_found");
    }
    for unknown in ["led_01KAGR3V0R0000000000000000", "tsk_01KAGR3V0R0000000000000000", "7"] {
        app.get(&format!("/api/crm/leads/{unknown}")).by(&ada).send().await.expect_problem(404, "not_found");
    }
    app.get(&path).send().await.expect_problem(401, "token_missing");
    assert_eq!(dump(&cloud), before);
}

#[tokio::test(start_paused = true)]
async fn activities_come_the_latest_first() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let (path, lead) = create(&app, &ada, json!({"name": "Bob", "email": "bob@example.com"})).await;
    let (other, _) = create(&app, &ada, json!({"name": "Cleo", "email": "cleo@example.com"})).await;
    let lead_id: LeadId = lead["id"].as_str().unwrap().parse().unwrap();
    for number in 0..3 {
        let activity = LeadActivity {
            id: cloud.services.ids.next(),
            organization_id: ada.organization_id,
            lead_id,
            kind: LeadActivityKind::Note,
            subject: format!("Note {number}"),
            body: "…".to_owned(),
            task_id: None,
            actor: Actor::Platform,
            at: cloud.services.clock.now(),
        };
        cloud.write(|transaction| transaction.create(activity.clone())).await;
    }
    let first = app.get(&format!("{path}/activities?limit=2")).by(&ada).send().await.expect(200);
    let subjects =
        |page: &Value| page["data"].as_array().unwrap().iter().map(|a| a["subject"].clone()).collect::<Vec<_>>();
    assert_eq!(subjects(&first), ["Note 2", "Note 1"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = app.get(&format!("{path}/activities?limit=2&cursor={cursor}")).by(&ada).send().await.expect(200);
    assert_eq!((subjects(&second), &second["nextCursor"]), (vec![json!("Note 0")], &Value::Null));
    app.get(&format!("{other}/activities?cursor={cursor}")).by(&ada).send().await.expect_problem(400, "malformed");
    assert!(subjects(&app.get(&format!("{other}/activities")).by(&ada).send().await.expect(200)).is_empty());
    app.get(&format!("{path}/activities?limit=0")).by(&ada).send().await.expect_problem(422, "invalid");
}
