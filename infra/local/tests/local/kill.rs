//! `kill -9` in mid-load: whatever was acknowledged is there afterwards, no task's effect happened twice, and the figures agree.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Founder, Process, operate};

/// What was acknowledged.
#[derive(Default)]
struct Acknowledged {
    leads: Vec<String>,
    /// By their addresses: an import does not tell ids.
    imported: Vec<String>,
    tasks: Vec<String>,
    /// The assistant's answers.
    answers: Vec<(String, String)>,
}

impl Acknowledged {
    fn extend(&mut self, other: Self) {
        self.leads.extend(other.leads);
        self.imported.extend(other.imported);
        self.tasks.extend(other.tasks);
        self.answers.extend(other.answers);
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// Imports a few leads and talks to the assistant, then creates leads and a follow-up task for each until told to stop.
async fn load(founder: Founder, url: String, worker: usize, stop: Arc<AtomicBool>) -> Acknowledged {
    let mut done = Acknowledged::default();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("lead{worker}-{number}");
        let lead = json!({"name": name, "email": format!("{name}@example.com")});
        let Some(lead) = founder.post(&url, "/api/crm/leads", &lead).await else { break };
        done.leads.push(text(&lead["id"]));
        let task = json!({"kind": "lead_followup", "leadId": lead["id"]});
        if done.tasks.len() < 12
            && let Some(task) = founder.post(&url, "/api/tasks", &task).await
        {
            done.tasks.push(text(&task["id"]));
        }
        // A few of each, at different moments in each worker, so that a kill hits all of them at some time.
        if number % 4 == worker % 4 {
            import(&founder, &url, &name, &mut done).await;
        }
        if number % 4 == (worker + 2) % 4 && done.answers.is_empty() {
            let message = json!({"message": "How do I find my first customers?"});
            if let Some(answer) = founder.post(&url, "/api/chat/message", &message).await {
                done.answers.push((text(&answer["conversationId"]), text(&answer["message"]["id"])));
            }
        }
    }
    done
}

async fn import(founder: &Founder, url: &str, name: &str, done: &mut Acknowledged) {
    let emails = (0..5).map(|row| format!("{name}-row{row}@example.com")).collect::<Vec<_>>();
    let rows = emails.iter().map(|email| format!("Somebody,{email}\n")).collect::<String>();
    if let Some(answer) = founder.import(url, format!("Name,Email\n{rows}")).await {
        assert_eq!(answer["imported"], 5, "{answer}");
        done.imported.extend(emails);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice() {
    let directory = tempfile::tempdir().expect("a directory");
    let data_directory = directory.path();
    let mut process = Process::start(data_directory, &[]).await;
    let founder = Founder::register(&process.url, "ada@example.com").await;
    assert!(operate(data_directory, &["plan", "set", &founder.organization, "enterprise"]));
    assert!(operate(data_directory, &["role", "grant", "ada@example.com", "support"]));
    let mut done = Acknowledged::default();
    for round in 0..3 {
        let stop = Arc::new(AtomicBool::new(false));
        let workers = (0..4)
            .map(|worker| tokio::spawn(load(founder.clone(), process.url.clone(), round * 4 + worker, stop.clone())));
        let workers = workers.collect::<Vec<_>>();
        tokio::time::sleep(Duration::from_millis(700)).await;
        process.kill();
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            done.extend(worker.await.expect("a worker ends"));
        }
        process = Process::start(data_directory, &[]).await;
    }
    let counts = [done.leads.len(), done.imported.len(), done.tasks.len(), done.answers.len()];
    assert!(counts[0] > 20 && counts[1] > 10 && counts[2] > 10 && counts[3] > 1, "too little load: {counts:?}");
    everything_is_there(&founder, &process.url, &done).await;

    // Leases and doorbells that the kills left behind come due at once when the clock is ten minutes ahead.
    process.kill();
    process = Process::start(data_directory, &["--clock-ahead", "600"]).await;
    finish(&founder, &process.url, data_directory, &done.tasks).await;
    for task in founder.all(&process.url, "/api/tasks").await {
        let lead = task["input"]["leadId"].as_str().expect("a lead");
        let activities = founder.all(&process.url, &format!("/api/crm/leads/{lead}/activities")).await;
        let of_task = activities.iter().filter(|activity| activity["taskId"] == task["id"]).count();
        assert_eq!(of_task, usize::from(task["status"] == "COMPLETED"), "{task}");
    }
    the_figures_agree(&founder, &process.url).await;
    process.kill();
}

async fn everything_is_there(founder: &Founder, url: &str, done: &Acknowledged) {
    let stored = founder.all(url, "/api/crm/leads").await;
    let all = |field: &str| stored.iter().filter_map(|lead| lead[field].as_str()).collect::<BTreeSet<_>>();
    let (ids, emails) = (all("id"), all("email"));
    assert_eq!((ids.len(), emails.len()), (stored.len(), stored.len()), "a lead is there twice");
    for lead in &done.leads {
        assert!(ids.contains(lead.as_str()), "{lead} was acknowledged and is lost");
    }
    for email in &done.imported {
        assert!(emails.contains(email.as_str()), "the imported {email} was acknowledged and is lost");
    }
    for (conversation, answer) in &done.answers {
        let messages = founder.all(url, &format!("/api/chat/conversations/{conversation}/messages")).await;
        assert!(messages.iter().any(|message| message["id"] == answer.as_str()), "{answer} was given and is lost");
    }
}

/// Waits until every task is done, ringing again what a kill left behind.
async fn finish(founder: &Founder, url: &str, data_directory: &Path, tasks: &[String]) {
    for attempt in 0..60 {
        let stored = founder.all(url, "/api/tasks").await;
        for task in tasks {
            assert!(stored.iter().any(|stored| stored["id"] == task.as_str()), "{task} was acknowledged and is lost");
        }
        let open = stored.iter().filter(|task| task["status"] != "COMPLETED").count();
        if open == 0 {
            return;
        }
        if attempt % 10 == 0 {
            assert!(operate(data_directory, &["tick", "sweep"]));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("tasks stayed open");
}

/// The figures are made from the events, a moment later; they must come to what is stored, and not pass it.
async fn the_figures_agree(founder: &Founder, url: &str) {
    let leads = founder.all(url, "/api/crm/leads").await.len();
    let tasks = founder.all(url, "/api/tasks").await;
    let completed = tasks.iter().filter(|task| task["status"] == "COMPLETED").count();
    let stored = json!([leads, tasks.len(), completed]);
    let mut figures = Value::Null;
    for _ in 0..100 {
        let all = founder.get(url, "/api/analytics/platform").await;
        figures = json!([all["total_leads"], all["total_tasks_created"], all["total_tasks_completed"]]);
        if figures == stored {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(figures, stored, "leads, tasks, completed tasks");
}
