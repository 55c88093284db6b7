//! The platform as a process of its own, and somebody who uses it.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::confidential_in;

const PASSWORD: &str = "correct horse battery";

/// The platform as a process of its own.
pub(crate) struct Process {
    child: Child,
    log: File,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Process {
    /// A platform that has its data in the directory and answers.
    pub(crate) async fn start(data_directory: &Path, more: &[&str]) -> Self {
        let announcement = if more.contains(&"--memory") { "running-memory.json" } else { "running.json" };
        let announcement = data_directory.join(announcement);
        drop(std::fs::remove_file(&announcement));
        let log = tempfile::tempfile().expect("a file");
        let mut command = command(data_directory, more);
        command.env("RUST_LOG", "info").stdout(Stdio::null()).stderr(log.try_clone().expect("the file is open"));
        let child = command.spawn().expect("the program starts");
        let mut process = Self { child, log, url: String::new(), token: String::new() };
        for _ in 0..400 {
            if let Some(running) = read(&announcement) {
                process.url = running["url"].as_str().expect("a URL").to_owned();
                process.token = running["operatorToken"].as_str().expect("a token").to_owned();
                return process;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the platform did not start: {}", process.log());
    }

    /// What the platform has logged until now.
    fn log(&mut self) -> String {
        let mut log = String::new();
        self.log.rewind().and_then(|()| self.log.read_to_string(&mut log)).expect("the log can be read");
        log
    }

    /// SIGKILL: no destructor runs, nothing is flushed.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// What Ctrl-C sends.
    pub(crate) async fn interrupt(mut self) -> ExitStatus {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        for _ in 0..1200 {
            if let Some(status) = self.child.try_wait().expect("the process can be waited for") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the platform did not stop");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that was waited for is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
        if !std::thread::panicking() {
            assert_eq!(confidential_in(&self.log(), &[PASSWORD, &self.token]), None);
        }
    }
}

/// What a platform says about itself, if it says anything.
pub(crate) fn read(announcement: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(announcement).ok()?).ok()
}

/// The program on this directory, on any port, in an environment that nobody cleaned up.
pub(crate) fn command(data_directory: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundwork"));
    command
        .args(["--port", "0", "--data-dir"])
        .arg(data_directory)
        .args(more)
        .env_remove("PORT")
        .env("RUST_LOG", "groundwork=error,warn");
    #[cfg(unix)]
    command.env("NOT_UTF_8", <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff"));
    command
}

/// Runs a subcommand; whether it succeeded.
pub(crate) fn operate(data_directory: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundwork"));
    command.args(arguments).arg("--data-dir").arg(data_directory).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("the subcommand runs").success()
}

/// Somebody signed in.
#[derive(Clone)]
pub(crate) struct Founder {
    http: reqwest::Client,
    token: String,
    /// The organisation that they act in; the personal one until it is changed.
    pub(crate) organization: String,
}

impl Founder {
    pub(crate) async fn register(url: &str, email: &str) -> Self {
        Self::enter(url, "register", &json!({"email": email, "password": PASSWORD, "name": "Ada"})).await
    }

    /// Registers or signs in.
    pub(crate) async fn enter(url: &str, how: &str, credentials: &Value) -> Self {
        let http = reqwest::Client::new();
        let answer = http.post(format!("{url}/api/auth/{how}")).json(credentials).send().await.expect("an answer");
        let account: Value = answer.json().await.expect("JSON");
        let token = account["accessToken"].as_str().expect("a token").to_owned();
        let organization = account["user"]["id"].as_str().expect("an id").replace("usr_", "org_");
        Self { http, token, organization }
    }

    pub(crate) async fn post(&self, url: &str, path: &str, body: &Value) -> Option<Value> {
        self.send(self.http.post(format!("{url}{path}")).json(body)).await
    }

    pub(crate) async fn import(&self, url: &str, csv: String) -> Option<Value> {
        let request = self.http.post(format!("{url}/api/crm/leads/import")).header("content-type", "text/csv");
        self.send(request.body(csv)).await
    }

    pub(crate) async fn delete(&self, url: &str, path: &str) {
        let request = self.http.delete(format!("{url}{path}")).bearer_auth(&self.token);
        let answer = request.header("x-organization-id", &self.organization).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}");
    }

    /// The answer, if the request was acknowledged.
    async fn send(&self, request: reqwest::RequestBuilder) -> Option<Value> {
        let request = request.bearer_auth(&self.token).header("x-organization-id", &self.organization);
        let answer = request.send().await.ok().filter(|answer| answer.status().is_success())?;
        answer.json().await.ok()
    }

    pub(crate) async fn get(&self, url: &str, path: &str) -> Value {
        self.send(self.http.get(format!("{url}{path}"))).await.unwrap_or_else(|| panic!("{path} was not answered"))
    }

    pub(crate) async fn all(&self, url: &str, path: &str) -> Vec<Value> {
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
