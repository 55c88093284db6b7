//! The jobs that a schedule starts.

use std::time::Duration;

use serde_json::json;
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::problem::Problem;
use shared::store::{Store, Transaction};

use super::Scenario;
use crate::stage::Run;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// How many tasks a sweep with work finds due.
const DUE_TASKS: u32 = 10;
/// How many organisations above free the larger hourly run finds.
const ORGANIZATIONS: u32 = 800;

pub(super) async fn run(scenario: &mut Scenario) {
    let idle = scenario.stage.sweep("nothing is due").await;
    scenario.note(idle, Vec::new());
    sweep_with_work(scenario).await;
    hourly_run(scenario).await;
}

/// Tasks whose doorbells nobody heard.
async fn sweep_with_work(scenario: &mut Scenario) {
    let leads = scenario.get("/api/crm/leads?status=contacted&limit=100").send().await.expect(200);
    let free = leads["data"].as_array().expect("a list").iter().filter(|lead| lead["openFollowUpTaskId"].is_null());
    let free = free.map(|lead| lead["id"].clone()).collect::<Vec<_>>();
    for lead in free.iter().rev().take(DUE_TASKS as usize) {
        let body = json!({"kind": "lead_followup", "leadId": lead});
        let request = scenario.post("/api/tasks", &body);
        request.send().await.expect(201);
        scenario.stage.project().await;
    }
    scenario.stage.receive("tasks").await;
    tokio::time::sleep(Duration::from_secs(180)).await;
    let run = scenario.stage.sweep(&format!("{DUE_TASKS} tasks are due")).await;
    scenario.note(run, Vec::new());
    let runs = scenario.stage.follow().await;
    scenario.note_runs(&runs);
}

async fn hourly_run(scenario: &mut Scenario) {
    let one = scenario.stage.agentic_run("1 organisation").await;
    scenario.note(one, Vec::new());
    let worked = scenario.stage.follow().await;
    note_engine(scenario, "something to do", worked);
    // Everybody who was silent is written to within some hours; then a run finds nothing new.
    for _ in 0..12 {
        tokio::time::sleep(HOUR).await;
        scenario.stage.agentic_run("").await;
        let runs = scenario.stage.follow().await;
        if !runs.iter().any(|run| run.function == "task-runner") {
            note_engine(scenario, "nothing to do", runs);
            break;
        }
    }
    above_free(&scenario.stage.backstage.store, scenario, ORGANIZATIONS - 1).await;
    let many = scenario.stage.agentic_run(&format!("{ORGANIZATIONS} organisations")).await;
    scenario.note(many, Vec::new());
    scenario.stage.receive("agentic").await;
}

fn note_engine(scenario: &mut Scenario, case: &str, mut runs: Vec<Run>) {
    let place = runs.iter().position(|run| run.function == "agentic-worker").expect("the engine ran");
    let mut run = runs.remove(place);
    run.case = case.to_owned();
    scenario.note(run, runs);
}

async fn above_free(store: &Store, scenario: &Scenario, count: u32) {
    let services = &scenario.stage.backstage;
    for chunk in 0..count.div_ceil(100) {
        let plan = || async {
            let mut transaction = Transaction::<Problem>::new();
            for number in (chunk * 100)..((chunk + 1) * 100).min(count) {
                transaction.create(Organization {
                    id: services.ids.next(),
                    name: format!("Organisation {number}"),
                    industry: None,
                    personal: false,
                    plan: PlanName::Pro,
                    created_at: services.clock.now(),
                });
            }
            Ok::<_, Problem>((transaction, ()))
        };
        store.execute(plan).await.expect("the organisations are written");
    }
}
