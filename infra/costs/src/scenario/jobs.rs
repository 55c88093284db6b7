//! The jobs that a schedule starts.

use std::time::Duration;

use shared::event::Actor;
use shared::model::organization::Organization;
use shared::model::task::{Task, TaskInput};
use shared::plan::PlanName;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Entity, Store, Transaction};
use shared::trace::Trace;

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

/// Tasks whose doorbells nobody heard. Their ids are given, so that the shards they fall on do not hang on what else drew one.
async fn sweep_with_work(scenario: &mut Scenario) {
    let (services, organization) = (scenario.stage.backstage.clone(), scenario.organization_id());
    let (trace, now) = (Trace::begin(&services.ids), services.clock.now());
    let task = |number| {
        let id = format!("tsk_01KAGR3V0R{number:016}").parse().expect("an id");
        let (title, input) = (Task::POST_TITLE.to_owned(), TaskInput::SocialMediaPost);
        Task::new(id, organization, title, input, Actor::Platform, trace, now)
    };
    let tasks = (0..DUE_TASKS).map(task).collect::<Vec<_>>();
    write(&services.store, |transaction| tasks.iter().for_each(|task| transaction.create(task.clone()))).await;
    tokio::time::sleep(Duration::from_secs(180)).await;
    let run = scenario.stage.sweep(&format!("{DUE_TASKS} tasks are due")).await;
    scenario.note(run, Vec::new());
    scenario.stage.receive("tasks").await;
    write(&services.store, |transaction| tasks.iter().for_each(|task| transaction.delete_key(task.key()))).await;
}

/// What becomes of the signing keys in three months and three days; last of all, since all that is young grows old by it.
pub(super) async fn keys(scenario: &mut Scenario) {
    let day = HOUR * 24;
    let mut run = async |case: &str, after: Duration| {
        tokio::time::sleep(after).await;
        let run = scenario.stage.key_rotation(case).await;
        scenario.note(run, Vec::new());
    };
    run("nothing is due", Duration::ZERO).await;
    run("a key is published", day * 90).await;
    run("a key begins to sign", day).await;
    run("a key is removed", day * 2).await;
}

/// Writes to the table beside the path.
pub(super) async fn write(store: &Store, plan: impl Fn(&mut Transaction<Problem>)) {
    let transaction = || async {
        let mut transaction = Transaction::new();
        plan(&mut transaction);
        Ok::<_, Problem>((transaction, ()))
    };
    store.execute(transaction).await.expect("the table takes it");
}

async fn hourly_run(scenario: &mut Scenario) {
    let one = scenario.stage.agentic_run("1 organisation").await;
    scenario.note(one, Vec::new());
    let worked = scenario.stage.follow().await;
    note_engine(scenario, "something to do", worked);
    // Everybody who was silent is written to within some hours; then a run finds nothing new.
    for _ in 0..20 {
        tokio::time::sleep(HOUR).await;
        scenario.stage.agentic_run("").await;
        let runs = scenario.stage.follow().await;
        if !runs.iter().any(|run| run.function == "task-runner") {
            note_engine(scenario, "nothing to do", runs);
            break;
        }
    }
    above_free(&scenario.stage.backstage, ORGANIZATIONS - 1).await;
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

/// Organisations above free; their ids are given, so that they spread over the shards in the same way whatever else drew one.
async fn above_free(services: &Services, count: u32) {
    let organization = |number| Organization {
        id: format!("org_01KAGR3V0R{number:016}").parse().expect("an id"),
        name: format!("Organisation {number}"),
        industry: None,
        personal: false,
        plan: PlanName::Pro,
        created_at: services.clock.now(),
        deletion: None,
        require_second_factor: false,
    };
    for first in (0..count).step_by(100) {
        let chunk = first..(first + 100).min(count);
        write(&services.store, |transaction| {
            chunk.clone().for_each(|number| transaction.create(organization(number)));
        })
        .await;
    }
}
