//! Every operation and every job once in its typical case.
//!
//! One founder, Ada, in an organisation on Pro. Lists have 50 items. Before each call the access cache is cold, as it is for the first
//! call of a page's, and the verifying and signing keys are warm, as they are on every instance that has answered before. Calls that
//! take an `Idempotency-Key` carry one.

mod accounts;
mod agents;
mod billing;
mod campaigns;
mod credentials;
mod credits;
mod crm;
mod files;
mod jobs;
mod members;
mod money;
mod people;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::id::OrganizationId;
use testkit::Request;

use crate::stage::{Measured, Run, Stage};
use crate::usage::Usage;

/// What was measured of an operation or a job.
#[derive(Clone, Debug)]
pub struct Row {
    /// The operation's id, or the job's name.
    pub name: String,
    /// Which case; empty for the one that counts as typical.
    pub case: String,
    /// The function that runs.
    pub function: String,
    /// What it used itself.
    pub usage: Usage,
    /// What followed.
    pub follows: Vec<Run>,
}

impl Row {
    /// How the behaviour's file and the document call it.
    pub fn key(&self) -> String {
        if self.case.is_empty() { self.name.clone() } else { format!("{}: {}", self.name, self.case) }
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Operations of the API, in the order of the scenario.
    pub operations: Vec<Row>,
    /// Runs of jobs.
    pub jobs: Vec<Row>,
}

impl Figures {
    /// The row of this key.
    ///
    /// # Panics
    /// When there is none.
    pub fn row(&self, key: &str) -> &Row {
        let rows = self.operations.iter().chain(&self.jobs);
        rows.into_iter().find(|row| row.key() == key).unwrap_or_else(|| panic!("nothing was measured under {key:?}"))
    }
}

/// An operation of the OpenAPI document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// The function that answers it; `any` where all do.
    pub function: String,
}

/// The operations of the OpenAPI document.
pub fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for path in paths.values() {
        for operation in path.as_object().expect("operations").values().filter(|value| value["operationId"].is_string())
        {
            let servers = [&path["servers"], &operation["servers"]]
                .into_iter()
                .find_map(|servers| servers[0]["description"].as_str());
            let function = servers.and_then(|server| server.strip_prefix("functions/")).unwrap_or("any").to_owned();
            operations.push(Operation { id: operation["operationId"].as_str().expect("an id").to_owned(), function });
        }
    }
    operations
}

/// The types of events there are, from the OpenAPI document.
pub fn event_types() -> Vec<String> {
    let document = document();
    let mut types = Vec::new();
    collect_types(&document["components"]["schemas"]["Fact"], &mut types);
    types
}

/// The kinds of tasks there are, from the OpenAPI document.
pub fn task_kinds() -> Vec<String> {
    let kinds = document()["components"]["schemas"]["TaskKind"]["enum"].clone();
    serde_json::from_value(kinds).expect("names")
}

fn document() -> Value {
    serde_json::to_value(groundwork::openapi()).expect("JSON")
}

fn collect_types(schema: &Value, types: &mut Vec<String>) {
    if let Some(names) = schema["properties"]["type"]["enum"].as_array() {
        types.extend(names.iter().filter_map(|name| name.as_str().map(str::to_owned)));
    }
    for part in ["oneOf", "allOf", "anyOf"].into_iter().flat_map(|name| schema[name].as_array().into_iter().flatten()) {
        collect_types(part, types);
    }
}

/// Runs the scenario on a platform of its own.
pub async fn run() -> Figures {
    let mut scenario = Scenario::begin().await;
    accounts::run(&mut scenario).await;
    credentials::run(&mut scenario).await;
    crm::run(&mut scenario).await;
    agents::run(&mut scenario).await;
    credits::run(&mut scenario).await;
    people::run(&mut scenario).await;
    money::run(&mut scenario).await;
    campaigns::run(&mut scenario).await;
    files::run(&mut scenario).await;
    jobs::run(&mut scenario).await;
    billing::run(&mut scenario).await;
    accounts::end(&mut scenario).await;
    jobs::keys(&mut scenario).await;
    scenario.figures
}

/// The same on a runtime of its own with time standing still.
pub fn measure() -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime can be built").block_on(run())
}

const PASSWORD: &str = "correct horse battery";
const EMAIL: &str = "ada.lovelace@engines.example";

struct Scenario {
    stage: Stage,
    figures: Figures,
    functions: BTreeMap<String, String>,
    token: String,
    refresh_token: String,
    organization: String,
    keys: u32,
}

impl Scenario {
    async fn begin() -> Self {
        let functions = operations().into_iter().map(|operation| (operation.id, operation.function)).collect();
        let stage = Stage::new().await;
        // Somebody was here before: the keys are made.
        let body = json!({"email": "first@example.com", "password": PASSWORD, "name": "First"});
        let first = stage.app.post("/api/auth/register").json(&body).send().await.expect(201);
        let refresh = json!({"refreshToken": first["refreshToken"]});
        stage.app.post("/api/auth/refresh").json(&refresh).send().await.expect(200);
        stage.follow().await;
        let (token, refresh_token, organization) = (String::new(), String::new(), String::new());
        Self { stage, figures: Figures::default(), functions, token, refresh_token, organization, keys: 0 }
    }

    fn organization_id(&self) -> OrganizationId {
        self.organization.parse().expect("an id")
    }

    fn dressed(&self, request: Request) -> Request {
        let request = request.bearer(&self.token);
        if self.organization.is_empty() { request } else { request.organization(&self.organization) }
    }

    /// A GET as Ada in her organisation.
    fn get(&self, path: &str) -> Request {
        self.dressed(self.stage.app.get(path))
    }

    /// A command as Ada in her organisation, under an idempotency key of its own.
    fn post(&mut self, path: &str, body: &Value) -> Request {
        let request = self.dressed(self.stage.app.post(path)).json(body);
        self.with_key(request)
    }

    fn with_key(&mut self, request: Request) -> Request {
        self.keys += 1;
        request.header("idempotency-key", &format!("01KAGR3V0R000000000000{:04}", self.keys))
    }

    /// Measures a call and what follows it.
    async fn measure(&mut self, operation: &str, case: &str, status: u16, request: Request) -> Value {
        let measured = self.stage.call(status, request).await;
        self.record(operation, case, measured)
    }

    fn record(&mut self, operation: &str, case: &str, measured: Measured) -> Value {
        let function = self.functions.get(operation).unwrap_or_else(|| panic!("the API has no operation {operation}"));
        let function = function.clone();
        let Measured { usage, follows, answer } = measured;
        self.note_runs(&follows);
        let (name, case) = (operation.to_owned(), case.to_owned());
        self.figures.operations.push(Row { name, case, function, usage, follows });
        answer
    }

    /// Sends a request without measuring it, and carries out what follows. The runs count as examples of their cases.
    async fn quietly(&mut self, status: u16, request: Request) -> Value {
        let answer = request.send().await.expect(status);
        let runs = self.stage.follow().await;
        self.note_runs(&runs);
        answer
    }

    /// Keeps runs as examples: of each case the last, since the first of an account's day does more. A task's run is one only where it
    /// was alone, for then what came after it is its own.
    fn note_runs(&mut self, runs: &[Run]) {
        let alone = runs.iter().filter(|run| run.function != "projector").count() == 1;
        for (place, run) in runs.iter().enumerate() {
            if run.function == "projector" {
                self.note(run.clone(), Vec::new());
            } else if alone {
                self.note(run.clone(), runs.iter().skip(place + 1).cloned().collect());
            }
        }
    }

    fn note(&mut self, run: Run, follows: Vec<Run>) {
        let Run { function, case, usage } = run;
        let row = Row { name: function.clone(), case, function, usage, follows };
        self.figures.jobs.retain(|known| known.key() != row.key());
        self.figures.jobs.push(row);
    }
}
