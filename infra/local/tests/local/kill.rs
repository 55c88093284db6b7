//! `kill -9` in mid-load: whatever was acknowledged is there afterwards, and no task's effect happened twice.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

/// The platform as a process of its own.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    async fn start(data_directory: &Path, clock_ahead_seconds: u32) -> Self {
        let announcement = data_directory.join("running.json");
        drop(std::fs::remove_file(&announcement));
        let mut process = Self { child: Self::spawn(data_directory, clock_ahead_seconds), url: String::new() };
        for _ in 0..200 {
            let text = std::fs::read_to_string(&announcement).unwrap_or_default();
            if let Ok(running) = serde_json::from_str::<Value>(&text) {
                process.url = running["url"].as_str().expect("a URL").to_owned();
                return process;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the platform did not start");
    }

    fn spawn(data_directory: &Path, clock_ahead_seconds: u32) -> Child {
        Command::new(env!("CARGO_BIN_EXE_groundwork"))
            .args(["--port", "0", "--data-dir"])
            .arg(data_directory)
            .args(["--clock-ahead", &clock_ahead_seconds.to_string()])
            .env_remove("PORT")
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    /// SIGKILL: no destructor runs, nothing is flushed.
    fn kill(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process ends");
    }
}

/// Somebody signed in.
#[derive(Clone)]
struct Founder {
    http: reqwest::Client,
    token: String,
}

impl Founder {
    async fn post(&self, url: &str, path: &str, body: &Value) -> Option<Value> {
        let request = self.http.post(format!("{url}{path}")).bearer_auth(&self.token).json(body);
        let answer = request.send().await.ok().filter(|answer| answer.status().is_success())?;
        answer.json().await.ok()
    }

    async fn get(&self, url: &str, path: &str) -> Value {
        let answer = self.http.get(format!("{url}{path}")).bearer_auth(&self.token).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    async fn all(&self, url: &str, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(url, &format!("{path}?limit=100{cursor}")).await;
            items.extend(page["data"].as_array().expect("a list").iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

async fn register(url: &str) -> (Founder, String) {
    let http = reqwest::Client::new();
    let body = json!({"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"});
    let answer = http.post(format!("{url}/api/auth/register")).json(&body).send().await.expect("an answer");
    let account: Value = answer.json().await.expect("JSON");
    let token = account["accessToken"].as_str().expect("a token").to_owned();
    let organization = account["user"]["id"].as_str().expect("an id").replace("usr_", "org_");
    (Founder { http, token }, organization)
}

fn operate(data_directory: &Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_groundwork"))
        .args(arguments)
        .arg("--data-dir")
        .arg(data_directory)
        .stdout(Stdio::null())
        .status()
        .expect("the subcommand runs");
    assert!(status.success(), "{arguments:?}");
}

/// Creates leads and a follow-up task for each until told to stop; what was acknowledged.
async fn load(founder: Founder, url: String, worker: usize, stop: Arc<AtomicBool>) -> (Vec<String>, Vec<String>) {
    let (mut leads, mut tasks) = (Vec::new(), Vec::new());
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let lead =
            json!({"name": format!("Lead {worker}-{number}"), "email": format!("lead{worker}-{number}@example.com")});
        let Some(lead) = founder.post(&url, "/api/crm/leads", &lead).await else { break };
        leads.push(lead["id"].as_str().expect("an id").to_owned());
        let task = json!({"kind": "lead_followup", "leadId": lead["id"]});
        if tasks.len() < 12
            && let Some(task) = founder.post(&url, "/api/tasks", &task).await
        {
            tasks.push(task["id"].as_str().expect("an id").to_owned());
        }
    }
    (leads, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice() {
    let directory = tempfile::tempdir().expect("a directory");
    let data_directory: PathBuf = directory.path().to_owned();
    let mut process = Process::start(&data_directory, 0).await;
    let (founder, organization) = register(&process.url).await;
    operate(&data_directory, &["plan", "set", &organization, "enterprise"]);
    let (mut leads, mut tasks) = (Vec::new(), Vec::new());
    for round in 0..3 {
        let stop = Arc::new(AtomicBool::new(false));
        let workers = (0..4)
            .map(|worker| tokio::spawn(load(founder.clone(), process.url.clone(), round * 10 + worker, stop.clone())));
        let workers = workers.collect::<Vec<_>>();
        tokio::time::sleep(Duration::from_millis(700)).await;
        process.kill();
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            let (more_leads, more_tasks) = worker.await.expect("a worker ends");
            leads.extend(more_leads);
            tasks.extend(more_tasks);
        }
        process = Process::start(&data_directory, 0).await;
    }
    assert!(leads.len() > 20 && tasks.len() > 10, "too little load: {} leads, {} tasks", leads.len(), tasks.len());

    let stored = founder.all(&process.url, "/api/crm/leads").await;
    let ids = stored.iter().filter_map(|lead| lead["id"].as_str()).collect::<std::collections::BTreeSet<_>>();
    for lead in &leads {
        assert!(ids.contains(lead.as_str()), "{lead} was acknowledged and is lost");
    }
    // Leases and doorbells that the kills left behind come due at once when the clock is ten minutes ahead.
    process.kill();
    process = Process::start(&data_directory, 600).await;
    finish(&founder, &process.url, &data_directory, &tasks).await;
    for task in founder.all(&process.url, "/api/tasks").await {
        let lead = task["input"]["leadId"].as_str().expect("a lead");
        let activities = founder.all(&process.url, &format!("/api/crm/leads/{lead}/activities")).await;
        let of_task = activities.iter().filter(|activity| activity["taskId"] == task["id"]).count();
        assert_eq!(of_task, usize::from(task["status"] == "COMPLETED"), "{task}");
    }
    process.kill();
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
            operate(data_directory, &["tick", "sweep"]);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("tasks stayed open");
}
