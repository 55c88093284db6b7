//! `/api/agentic/analyze`

use std::time::Duration;

use crate::support::{app, column, trail, usage};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::model::lead::LeadStatus;
use shared::model::signing_key::SigningKey;
use shared::plan::PlanName;
use shared::services::Services;
use testkit::{Caller, Cloud, FaultPlan, ScriptedAi};
use tokio::time::advance;

const PATH: &str = "/api/agentic/analyze";

/// An organisation above free with four stale leads, a fresh one and one that is won.
async fn founder(cloud: &Cloud, plan: PlanName) -> Caller {
    let ada = cloud.caller("Ada").await;
    cloud.set_plan(ada.organization_id, plan).await;
    for (name, status, days) in [
        ("Grace", LeadStatus::Contacted, 8),
        ("Alan", LeadStatus::Qualified, 30),
        ("Edsger", LeadStatus::Contacted, 9),
        ("Barbara", LeadStatus::Qualified, 10),
        ("Fresh", LeadStatus::Contacted, 2),
        ("Won", LeadStatus::Converted, 90),
    ] {
        cloud.lead(ada.organization_id, name, status, days).await;
    }
    ada
}

fn kinds(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item["type"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_noticed_is_acted_upon() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), founder(&cloud, PlanName::Pro).await);
    let run = app.post(PATH).by(&ada).send().await.expect(200);
    assert_eq!(kinds(&run["insights"]), ["stale_leads", "low_content_output"]);
    assert_eq!(run["insights"][0]["evidence"]["count"], 4);
    assert_eq!(kinds(&run["actions"]), ["lead_followup", "lead_followup", "lead_followup", "social_media_post"]);
    let tasks = app.get("/api/tasks?status=PENDING").by(&ada).send().await.expect(200);
    let mut titles = column(&tasks, "title");
    titles.sort();
    let expected = ["Follow up with Alan", "Follow up with Barbara", "Follow up with Edsger", "Write a post"];
    assert_eq!(titles, expected, "those who wait longest come first");
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.posts), (4, 1));
    let again = app.post(PATH).by(&ada).json(&json!({})).send().await.expect(200);
    assert_eq!(kinds(&again["actions"]), ["lead_followup"], "only Grace is left");
    let trail = trail(&cloud.services, ada.organization_id).await;
    assert_eq!(trail.iter().filter(|kind| *kind == "task.created").count(), 5);
    assert_eq!(trail.iter().filter(|kind| *kind == "agentic.runCompleted").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_names_one_run() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), founder(&cloud, PlanName::Pro).await);
    let send = || app.post(PATH).by(&ada).header("idempotency-key", "k1").send();
    let (first, second) = (send().await, send().await);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), (None, Some("true")));
    assert_eq!(first.expect(200), second.expect(200));
    let race = || app.post(PATH).by(&ada).header("idempotency-key", "k2").json(&json!({})).send();
    let racers = join_all((0..4).map(|_| race())).await.into_iter().map(|answer| answer.expect(200));
    let actions = racers.map(|run| run["actions"].clone()).collect::<Vec<_>>();
    assert!(actions.iter().all(|one| *one == actions[0]), "{actions:?}");
    assert_eq!(usage(&cloud.services, ada.organization_id).await.tasks, 5);
}

/// Somebody with a new access token; the first one lives for a day.
async fn with_fresh_token(cloud: &Cloud, caller: &Caller) -> Caller {
    let Services { store, tokens, clock, .. } = &cloud.services;
    let key = store.get::<SigningKey>(&SigningKey::current_key()).await.unwrap().unwrap();
    let issued = tokens.issue(&key, caller.user_id, "ada@example.com", (caller.session_id, 0), clock.now()).unwrap();
    Caller { token: issued.token, ..caller.clone() }
}

#[tokio::test(start_paused = true)]
async fn a_key_stands_for_its_run_through_a_downgrade_and_for_a_day() {
    let day = Duration::from_secs(24 * 60 * 60);
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), founder(&cloud, PlanName::Pro).await);
    let send = |caller: Caller| app.post(PATH).by(&caller).header("idempotency-key", "k1").send();
    let first = send(ada.clone()).await.expect(200);
    cloud.set_plan(ada.organization_id, PlanName::Free).await;
    advance(day - Duration::from_secs(1)).await;
    let replayed = send(with_fresh_token(&cloud, &ada).await).await;
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    assert_eq!(replayed.expect(200), first);
    advance(Duration::from_secs(1)).await;
    // The record is still there: TTL lags by days.
    send(with_fresh_token(&cloud, &ada).await).await.expect_problem(402, "plan_required");
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    let anew = send(with_fresh_token(&cloud, &ada).await).await;
    assert_eq!(anew.header("idempotency-replayed"), None);
    assert_eq!(kinds(&anew.expect(200)["actions"]), ["lead_followup"], "only Grace is left");
    let trail = trail(&cloud.services, ada.organization_id).await;
    assert_eq!(trail.iter().filter(|kind| *kind == "agentic.runCompleted").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_free_plan_does_not_include_it() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), founder(&cloud, PlanName::Free).await);
    let problem = app.post(PATH).by(&ada).send().await.expect_problem(402, "plan_required");
    assert!(problem["detail"].as_str().unwrap().contains("Free"));
    assert_eq!((&problem["missing"], &problem["plan"]), (&json!("agenticEngine"), &json!("pro")));
    assert!(trail(&cloud.services, ada.organization_id).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_nothing_or_an_empty_object_is_taken() {
    let cloud = Cloud::new();
    let (app, ada, eve) =
        (app(&cloud, &ScriptedAi::new()), founder(&cloud, PlanName::Pro).await, cloud.caller("Eve").await);
    let send = |media_type: &str, body: &str| app.post(PATH).by(&ada).body(media_type, body.to_owned()).send();
    send("application/json", "{").await.expect_problem(400, "malformed");
    send("application/json", "[]").await.expect_problem(400, "malformed");
    send("text/plain", "null").await.expect_problem(415, "unsupported_media_type");
    let problem = send("application/json", r#"{"organizationId": "x"}"#).await.expect_problem(400, "malformed");
    assert_eq!(problem["errors"][0]["path"], "organizationId");
    send("text/plain", "{}").await.expect_problem(415, "unsupported_media_type");
    app.post(PATH).send().await.expect_problem(401, "token_missing");
    app.post(PATH).by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
    assert!(trail(&cloud.services, ada.organization_id).await.is_empty());
    send("application/json", "").await.expect(200);
    send("application/json", " null ").await.expect(200);
    send("text/plain", "").await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn whatever_the_table_does_one_run_creates_what_one_run_may() {
    for seed in 0..20 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let (faulty, ada) = (app(&cloud, &ScriptedAi::new()), founder(&calm, PlanName::Pro).await);
        let mut run = None;
        for _ in 0..20 {
            let sent = faulty.post(PATH).by(&ada).header("idempotency-key", "k1").send().await;
            if sent.status == 200 {
                run = Some(sent.json);
                break;
            }
            assert!([409, 503].contains(&sent.status.as_u16()), "seed {seed}: {}", sent.text);
            advance(Duration::from_secs(1)).await;
        }
        let run = run.unwrap_or_else(|| panic!("seed {seed}: no answer"));
        let expected = ["lead_followup", "lead_followup", "lead_followup", "social_media_post"];
        assert_eq!(kinds(&run["actions"]), expected, "seed {seed}");
        let tasks = app(&calm, &ScriptedAi::new()).get("/api/tasks").by(&ada).send().await.expect(200);
        assert_eq!(tasks["data"].as_array().unwrap().len(), 4, "seed {seed}");
        let used = usage(&calm.services, ada.organization_id).await;
        assert_eq!((used.tasks, used.posts), (4, 1), "seed {seed}");
    }
}
