//! The real program at full load, killed again and again.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use embedded::EmbeddedDynamoDb;
use serde_json::{Value, json};
use testkit::confidential_in;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::door::Door;
use crate::founder::{Founder, PASSWORD, repeat};
use crate::invariants::{Rows, violations};
use crate::journal::Journal;

const TABLE: &str = "groundwork-local-platform";
/// How long a start may take, and an end.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// After how many things a founder begins another organisation, so that no plan's limit turns the load into refusals.
const ACTS_OF_AN_ORGANIZATION: usize = 150;
/// How many commands are asked for once more in the end.
const REPEATED_MAXIMUM: usize = 2_000;
/// How far the clock is moved ahead in the end: the leases of 2 minutes that kills left behind come due. Further would be too far: the
/// sweep rings at once only for what came due in the last three minutes.
const CLOCK_AHEAD_SECONDS: &str = "125";
/// How often the sweep is started under load. The program does it once a minute, but is not let live for so long.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// For how long at most the sweep is asked in the end, a second apart. It rings for what stays due 1, 2, 4, 8 and 16 minutes after, and
/// the doorbells may have been killed each time.
const SETTLE_PATIENCE: Duration = Duration::from_secs(20 * 60);

/// How to soak.
#[derive(Clone, Debug)]
pub struct Options {
    /// The `groundwork` program.
    pub program: PathBuf,
    /// For how long there is load.
    pub time: Duration,
    /// How often the program is killed.
    pub kill_every: Duration,
    /// How many founders there are at once.
    pub clients: usize,
}

/// How a soak ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Requests of founders.
    pub requests: u64,
    /// Of them, those that were repeats.
    pub repeats: u64,
    /// Commands acknowledged under an idempotency key.
    pub commands: usize,
    /// Of them, those that were sent once more in the end.
    pub repeated_commands: usize,
    /// How long the program took from each start after a kill to its first answer.
    pub restarts: Vec<Duration>,
    /// Rows in the end.
    pub rows: usize,
    /// What does not hold.
    pub violations: Vec<String>,
}

/// What the program logs, beside its data: nobody but the program writes into its directory.
fn log_of(data_directory: &Path) -> PathBuf {
    data_directory.with_extension("log")
}

/// The program, running.
struct Program {
    child: Child,
    url: String,
    operator_token: String,
}

impl Program {
    async fn start(program: &Path, data_directory: &Path, clock_ahead: &str) -> Self {
        let announcement = data_directory.join("running.json");
        drop(std::fs::remove_file(&announcement));
        let mut command = Command::new(program);
        command
            .args(["--port", "0", "--clock-ahead", clock_ahead, "--data-dir"])
            .arg(data_directory)
            .env_remove("PORT");
        let log = File::options().create(true).append(true).open(log_of(data_directory)).expect("a log");
        command.env("RUST_LOG", "info").stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("the program starts");
        let mut started = Self { child, url: String::new(), operator_token: String::new() };
        let (began, http) = (Instant::now(), reqwest::Client::builder().no_proxy().build().expect("a client"));
        while began.elapsed() < START_PATIENCE {
            let text = std::fs::read_to_string(&announcement).unwrap_or_default();
            if let Ok(running) = serde_json::from_str::<Value>(&text) {
                started.url = running["url"].as_str().expect("a URL").to_owned();
                started.operator_token = running["operatorToken"].as_str().expect("a token").to_owned();
                let health = http.get(format!("{}/api/health", started.url)).send().await;
                if health.is_ok_and(|answer| answer.status().is_success()) {
                    return started;
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the program did not start: {}", std::fs::read_to_string(log_of(data_directory)).unwrap_or_default());
    }

    /// Asks the program to end and waits until it has.
    async fn end(mut self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        let began = Instant::now();
        while self.child.try_wait().expect("the program can be waited for").is_none() {
            assert!(began.elapsed() < START_PATIENCE, "the program did not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Program {
    /// SIGKILL: no destructor runs, nothing is flushed. One that ended is gone already.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where an operator's commands go.
#[derive(Clone, Debug)]
struct Desk(watch::Receiver<(String, String)>);

impl Desk {
    /// Carries a command out, however often it takes; what was said of it.
    async fn ask(&self, command: &Value) -> String {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let began = Instant::now();
        while began.elapsed() < START_PATIENCE {
            let (url, token) = self.0.borrow().clone();
            let request = http.post(format!("{url}/_local/operator")).bearer_auth(token).body(command.to_string());
            if let Ok(answer) = request.send().await
                && answer.status().is_success()
                && let Ok(bytes) = answer.bytes().await
            {
                let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
                return said["message"].as_str().unwrap_or_default().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no answer to {command}");
    }

    async fn upgrade(&self, organization: &str) {
        self.ask(&json!({"command": "setPlan", "organizationId": organization, "plan": "enterprise"})).await;
    }
}

/// Soaks: load, kills, and a look at what is left. `progress` hears of it every few seconds.
pub async fn run(options: &Options, progress: impl Fn(&str)) -> Outcome {
    let directory = tempfile::tempdir().expect("a directory");
    let (program_file, data_directory) = (directory.path().join("groundwork"), directory.path().join("data"));
    // A copy, so that somebody who builds meanwhile changes nothing.
    std::fs::copy(&options.program, &program_file).expect("the program can be copied");
    let mut outcome = Outcome::default();
    let journal = Arc::<Mutex<Journal>>::default();
    let program = Program::start(&program_file, &data_directory, "0").await;
    let (urls, url) = watch::channel(program.url.clone());
    let (desks, desk) = watch::channel((program.url.clone(), program.operator_token.clone()));
    let (door, desk, stop) = (Door::http(url), Desk(desk), Arc::new(AtomicBool::new(false)));
    let founders = (0..options.clients)
        .map(|number| tokio::spawn(load(door.clone(), desk.clone(), journal.clone(), number, stop.clone())));
    let founders = founders.collect::<Vec<_>>();

    let (began, mut program) = (Instant::now(), Some(program));
    let (mut killed, mut told, mut swept) = (Instant::now(), Instant::now(), Instant::now());
    let now_runs = |program: &Program| {
        urls.send_replace(program.url.clone());
        desks.send_replace((program.url.clone(), program.operator_token.clone()));
    };
    while began.elapsed() < options.time {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if founders.iter().any(tokio::task::JoinHandle::is_finished) {
            break;
        }
        if killed.elapsed() >= options.kill_every {
            drop(program.take());
            let restart = Instant::now();
            let started = Program::start(&program_file, &data_directory, "0").await;
            outcome.restarts.push(restart.elapsed());
            now_runs(&started);
            program = Some(started);
            killed = Instant::now();
            // What was killed with it is rung for early in the next life.
            desk.ask(&sweep()).await;
            swept = Instant::now();
        }
        if swept.elapsed() >= SWEEP_EVERY {
            desk.ask(&sweep()).await;
            swept = Instant::now();
        }
        if told.elapsed() >= Duration::from_secs(5) {
            told = Instant::now();
            let commands = journal.lock().expect("nobody panics while holding it").commands();
            progress(&format!(
                "{:>4} s, {} kills, {} requests, {commands} commands acknowledged",
                began.elapsed().as_secs(),
                outcome.restarts.len(),
                door.counts().0
            ));
        }
    }
    stop.store(true, Ordering::Relaxed);
    for founder in founders {
        if let Err(error) = founder.await {
            outcome.violations.push(format!("a founder gave up: {error}"));
        }
    }
    drop(program.take());
    let program = Program::start(&program_file, &data_directory, CLOCK_AHEAD_SECONDS).await;
    now_runs(&program);
    progress("the load is over; waiting for what it set in motion");
    progress(&settle(&desk).await);
    let journal = std::mem::take(&mut *journal.lock().expect("nobody panics while holding it"));
    let (repeated, wrong) = repeat(&door, &journal, REPEATED_MAXIMUM).await;
    outcome.violations.extend(wrong);
    outcome.repeated_commands = repeated;
    progress(&format!("{repeated} commands were asked for once more; {}", settle(&desk).await));
    program.end().await;
    (outcome.requests, outcome.repeats) = door.counts();
    outcome.commands = journal.commands();
    look(&data_directory, &journal, &mut outcome).await;
    outcome
}

/// A founder at full speed.
async fn load(door: Door, desk: Desk, journal: Arc<Mutex<Journal>>, number: usize, stop: Arc<AtomicBool>) {
    let mut founder = Founder::begin(&door, &journal, &format!("founder{number}"), number as u64).await;
    desk.upgrade(&founder.organization).await;
    for act in 1.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if act % ACTS_OF_AN_ORGANIZATION == 0 {
            founder.found().await;
            desk.upgrade(&founder.organization).await;
        }
        founder.act().await;
    }
}

fn sweep() -> Value {
    json!({"command": "tick", "function": "sweep"})
}

/// Has the sweep ring until there is nothing to ring for; what it said last.
async fn settle(desk: &Desk) -> String {
    let (mut quiet, mut last) = (0, String::new());
    let began = Instant::now();
    while began.elapsed() < SETTLE_PATIENCE {
        let said = desk.ask(&sweep()).await;
        let nothing = ["\"tasksRung\":0", "\"failuresTouched\":0", "\"left\":0", "\"unfinished\":0"];
        quiet = if nothing.iter().all(|part| said.contains(part)) { quiet + 1 } else { 0 };
        last = said;
        if quiet == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    last
}

/// Looks at the data that the program left.
async fn look(data_directory: &Path, journal: &Journal, outcome: &mut Outcome) {
    let dynamodb = EmbeddedDynamoDb::open(&data_directory.join("platform.sqlite")).expect("the data can be opened");
    let pending = dynamodb.stream(TABLE).pending().await.expect("the stream is readable");
    if pending > 0 {
        outcome.violations.push(format!("{pending} records of the stream are left"));
    }
    let rows = Rows::read(&dynamodb, TABLE).await;
    outcome.rows = rows.count();
    outcome.violations.extend(violations(&rows, journal, &BTreeSet::new()));
    let log = std::fs::read_to_string(log_of(data_directory)).expect("the program logs");
    outcome.violations.extend(confidential_in(&log, &[PASSWORD]).map(|what| format!("the log holds {what}")));
}
