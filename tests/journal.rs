//! Following one piece of work through every function that it touches.

use std::sync::Arc;

use groundwork::journal::{Entry, Kind};
use groundwork::operator::set_plan;
use serde_json::json;
use shared::plan::PlanName;

use crate::founder::{Founder, PASSWORD};
use crate::harness::TestPlatform;
use crate::main_job::LEADS;

fn functions(entries: &[Arc<Entry>]) -> Vec<(Kind, &str)> {
    entries.iter().map(|entry| (entry.kind, entry.function.as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_sign_up_is_followed_from_the_edge_to_its_projection() {
    let platform = TestPlatform::start().await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada Lovelace"});
    let answer = platform.app().post("/api/auth/register").json(&body).send().await;
    let request = answer.header("x-request-id").expect("an id").to_owned();
    let account = answer.expect(201);
    platform.settle().await;

    let entries = platform.journal.entries(Some(&request));
    assert_eq!(functions(&entries), [(Kind::Http, "auth"), (Kind::Stream, "projector"), (Kind::Queue, "mailer")]);
    let [edge, projector, _] = entries.as_slice() else { unreachable!() };
    assert_eq!((edge.source.as_str(), edge.status, edge.ok), ("POST /api/auth/register", Some(201), true));
    assert_eq!(edge.request_id.as_deref(), Some(&*request));
    let commit = edge.calls.iter().rfind(|call| call.operation == "TransactWriteItems").expect("a transaction");
    assert!(commit.keys > 5 && commit.error.is_none() && commit.request_bytes > 500, "{commit:?}");
    assert_eq!(projector.received[0].ids["userId"], account["user"]["id"].as_str().unwrap());

    // What is kept tells nobody how to sign in, or who did.
    let kept = platform.journal.entries(None);
    let kept = serde_json::to_string(&kept.iter().map(Arc::as_ref).collect::<Vec<_>>()).unwrap();
    let secrets = ["accessToken", "refreshToken"].map(|name| account[name].as_str().unwrap());
    for secret in secrets.into_iter().chain(["ada@example.com", PASSWORD, "Lovelace", "EMAIL#", "argon2"]) {
        assert!(!kept.contains(secret), "{secret} in {kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_analysis_is_followed_to_its_finished_tasks() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    ada.import(LEADS).await.expect(200);
    set_plan(&platform.services, ada.organization.parse().unwrap(), PlanName::Pro).await.unwrap();
    platform.settle().await;
    let sent = "req_01KAGR3V0R0000000000000042";
    let analyze = platform.app().post("/api/agentic/analyze").bearer(&ada.token).organization(&ada.organization);
    let answer = analyze.header("x-correlation-id", sent).json(&json!({})).send().await;
    let request = answer.header("x-request-id").expect("an id").to_owned();
    assert_ne!(request, sent, "a correlation id is not the request's own");
    let analysis = answer.expect(200);
    platform.settle().await;

    let entries = platform.journal.entries(Some(sent));
    let steps = functions(&entries);
    assert_eq!(steps[..2], [(Kind::Http, "agents"), (Kind::Stream, "projector")], "{steps:?}");
    let worked = entries.iter().filter(|entry| entry.function == "task-runner").collect::<Vec<_>>();
    let tasks = worked.iter().flat_map(|entry| &entry.received).map(|message| message.ids["taskId"].as_str());
    let mut tasks = tasks.collect::<Vec<_>>();
    let mut expected = analysis["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["taskId"].as_str().unwrap())
        .collect::<Vec<_>>();
    tasks.sort_unstable();
    expected.sort_unstable();
    assert_eq!(tasks, expected);
    // The doorbells are those that the projector rang, message by message.
    let rung = entries.iter().filter(|entry| entry.function == "projector").flat_map(|entry| &entry.sent);
    let mut rung = rung.map(|message| message.message_id.as_deref().expect("the queue took it")).collect::<Vec<_>>();
    let heard = worked.iter().flat_map(|entry| &entry.received).map(|message| message.message_id.as_deref().unwrap());
    let mut heard = heard.collect::<Vec<_>>();
    rung.sort_unstable();
    heard.sort_unstable();
    assert_eq!(rung, heard);
    let traces = entries.iter().flat_map(|entry| &entry.trace_ids).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(traces.len(), 1, "{traces:?}");
    // What the tasks left behind is projected too, as part of the same.
    assert_eq!(steps.last(), Some(&(Kind::Stream, "projector")), "{steps:?}");
    assert!(entries.iter().all(|entry| entry.ok), "{entries:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_sweep_brings_back_is_followed_too() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    let create = platform.app().post("/api/tasks").bearer(&ada.token).organization(&ada.organization);
    let answer = create.json(&json!({"kind": "social_media_post"})).send().await;
    let request = answer.header("x-request-id").expect("an id").to_owned();
    answer.expect(201);
    platform.lose_messages(&platform.sqs.queue_url("groundwork-local-tasks")).await;
    tokio::time::sleep(std::time::Duration::from_secs(121)).await;
    platform.tick("sweep").await.unwrap();
    platform.settle().await;
    let entries = platform.journal.entries(Some(&request));
    let expected = [
        (Kind::Http, "agents"),
        (Kind::Stream, "projector"),
        (Kind::Queue, "task-runner"),
        (Kind::Stream, "projector"),
    ];
    assert_eq!(functions(&entries), expected);
    assert!(platform.journal.entries(None).iter().any(|entry| entry.function == "sweep" && !entry.sent.is_empty()));
}
