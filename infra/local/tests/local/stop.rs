//! Ctrl-C: what was acknowledged is carried out before the platform ends.

use serde_json::{Value, json};

use crate::process::{Founder, Process, operate};

const TASKS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_queues_is_carried_out_before_the_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut process = Process::start(directory.path(), &[]).await;
    let founder = Founder::register(&process.url, "ada@example.com").await;
    assert!(operate(directory.path(), &["plan", "set", &founder.organization, "enterprise"]));
    let rows = (0..TASKS).map(|row| format!("Lead {row},lead{row}@example.com\n")).collect::<String>();
    founder.import(&process.url, format!("Name,Email\n{rows}")).await.expect("the leads are imported");
    let leads = founder.all(&process.url, "/api/crm/leads").await;
    let burst = leads.iter().map(|lead| {
        let (founder, url) = (founder.clone(), process.url.clone());
        let task = json!({"kind": "lead_followup", "leadId": lead["id"]});
        tokio::spawn(async move { founder.post(&url, "/api/tasks", &task).await })
    });
    for task in burst.collect::<Vec<_>>() {
        assert!(task.await.expect("a request ends").is_some(), "a task was refused");
    }

    let announcement = directory.path().join("running.json");
    assert!(process.interrupt().await.success());
    assert!(!announcement.exists(), "the platform is gone, its file is not");

    process = Process::start(directory.path(), &[]).await;
    let tasks = founder.all(&process.url, "/api/tasks").await;
    let open = tasks.iter().filter(|task| task["status"] != "COMPLETED").collect::<Vec<&Value>>();
    assert!(tasks.len() == TASKS && open.is_empty(), "{} of {} tasks were left: {open:?}", open.len(), tasks.len());
}
