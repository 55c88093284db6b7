//! `--seed-demo`: a demo that was left half made is completed, and a complete one stays as it is.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Founder, Process};

const EMAIL: &str = "demo@groundwork.example";
const PASSWORD: &str = "seven slots before noon";

/// Lets a platform make the demo to its end; it answers no request before. What there is then.
async fn seeded(data_directory: &Path) -> (Process, Founder) {
    let process = Process::start(data_directory, &["--seed-demo"]).await;
    let mut founder = Founder::enter(&process.url, "login", &json!({"email": EMAIL, "password": PASSWORD})).await;
    let organizations = founder.all(&process.url, "/api/organizations").await;
    let names = organizations.iter().filter(|organization| organization["name"] == "Slotwise").collect::<Vec<_>>();
    assert_eq!((organizations.len(), names.len()), (2, 1), "{organizations:?}");
    assert_eq!(names[0]["plan"], "pro");
    founder.organization = names[0]["id"].as_str().expect("an id").to_owned();
    (process, founder)
}

async fn is_complete(process: &Process, founder: &Founder) {
    assert_eq!(founder.all(&process.url, "/api/ventures").await.len(), 1);
    let conversations = founder.all(&process.url, "/api/chat/conversations").await;
    assert_eq!(conversations.len(), 1, "{conversations:?}");
    let id = conversations[0]["id"].as_str().expect("an id");
    let messages = founder.all(&process.url, &format!("/api/chat/conversations/{id}/messages")).await;
    let roles = messages.iter().map(|message| message["role"].as_str().expect("a role")).collect::<Vec<_>>();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    assert!(!founder.all(&process.url, "/api/tasks").await.is_empty(), "the engine did not look");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_made_demo_is_completed_and_a_complete_one_is_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    // Killed after its first steps.
    let process = Process::start(directory.path(), &[]).await;
    let account = json!({"email": EMAIL, "password": PASSWORD, "name": "Demo Founder"});
    let founder = Founder::enter(&process.url, "register", &account).await;
    founder.post(&process.url, "/api/organizations", &json!({"name": "Slotwise"})).await.expect("an organisation");
    process.kill();
    // Killed somewhere else.
    for milliseconds in [30, 150, 300] {
        let process = Process::start(directory.path(), &["--seed-demo"]).await;
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        process.kill();
    }

    let (process, founder) = seeded(directory.path()).await;
    is_complete(&process, &founder).await;
    let leads = founder.all(&process.url, "/api/crm/leads").await;
    assert_eq!(leads.len(), 300);
    // What its owner makes of it stays.
    let first = leads[0]["id"].as_str().expect("an id");
    founder.delete(&process.url, &format!("/api/crm/leads/{first}")).await;
    process.kill();
    let (process, founder) = seeded(directory.path()).await;
    is_complete(&process, &founder).await;
    let leads: Vec<Value> = founder.all(&process.url, "/api/crm/leads").await;
    assert_eq!(leads.len(), 299);
}
