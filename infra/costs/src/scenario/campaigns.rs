//! Campaigns by e-mail, and who wants no more of them.

use serde_json::{Value, json};
use shared::event::{Actor, Fact};
use shared::id::{LeadId, TaskId};
use shared::model::lead::{Lead, LeadDetails};
use shared::model::mail::{ATTEMPTS_MAXIMUM, Mail, MailStatus};
use shared::trace::Trace;

use super::Scenario;
use super::jobs::write;
use crate::stage::Measured;

/// To how many leads the campaign writes that counts as typical.
const RECIPIENTS: usize = 10;
const ABOUT: &str = "Our new engine computes tables of logarithms without mistakes, and prints them. We show it on the first of \
    December in Hyde Park, and there are twenty places.";

fn campaign(leads: &[Value]) -> Value {
    json!({"kind": "email_campaign", "leadIds": leads, "about": ABOUT})
}

pub(super) async fn run(scenario: &mut Scenario) {
    let leads = leads(scenario).await;
    let request = scenario.post("/api/tasks", &campaign(&leads));
    let measured = scenario.stage.call(201, request).await;
    note_parts(scenario, &measured);
    let task = scenario.record("createTask", &format!("a campaign to {RECIPIENTS} leads"), measured);

    let mail = scenario.stage.platform.mailbox.mails().into_iter().next().expect("a mail came");
    let (_, token) = mail.headers["List-Unsubscribe"].split_once("token=").expect("it has a token");
    let path = format!("/api/crm/unsubscribe?token={}", token.trim_end_matches('>'));
    let request =
        scenario.stage.app.post(&path).body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
    scenario.measure("unsubscribe", "", 202, request).await;
    let request =
        scenario.stage.app.post(&path).body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
    scenario.measure("unsubscribe", "once more", 202, request).await;

    too_late(scenario).await;
    broken_off(scenario, &task, &leads).await;
}

/// Leads to write to, beside those that the agentic engine looks at.
async fn leads(scenario: &Scenario) -> Vec<Value> {
    let (services, organization_id) = (&scenario.stage.backstage, scenario.organization_id());
    let now = services.clock.now();
    let lead = |number: usize| Lead {
        id: services.ids.next(),
        organization_id,
        details: LeadDetails {
            name: format!("Reader Number {number}"),
            email: Some(format!("reader.{number}@company-{number}.example")),
            company: Some(format!("Company {number} Ltd")),
            notes: Some(ABOUT.to_owned()),
            ..LeadDetails::default()
        },
        open_follow_up_task_id: None,
        last_follow_up_at: None,
        created_at: now,
        updated_at: now,
    };
    let leads = (0..RECIPIENTS).map(lead).collect::<Vec<_>>();
    write(&services.store, |transaction| leads.iter().for_each(|lead| transaction.create(lead.clone()))).await;
    leads.iter().map(|lead| json!(lead.id)).collect()
}

/// What the campaign's task and one of its mails are by themselves: they come together, and not alone as others do.
fn note_parts(scenario: &mut Scenario, measured: &Measured) {
    for function in ["task-runner", "mailer"] {
        let runs = &measured.follows;
        let place = runs.iter().position(|run| run.function == function).expect("it ran");
        // After a task come its mails, after a mail its own event.
        let follows = match function {
            "mailer" => {
                runs.iter().skip(place).filter(|run| run.case == "campaign.emailSent").take(1).cloned().collect()
            }
            _ => runs.iter().skip(place + 1).cloned().collect(),
        };
        scenario.note(runs[place].clone(), follows);
    }
}

/// A lead that is removed before its mail is sent.
async fn too_late(scenario: &mut Scenario) {
    let body = json!({"name": "Charles Babbage", "email": "charles@difference.example"});
    let request = scenario.post("/api/crm/leads", &body);
    let lead = scenario.quietly(201, request).await["id"].clone();
    let request = scenario.post("/api/tasks", &campaign(std::slice::from_ref(&lead)));
    request.send().await.expect(201);
    let path = format!("/api/crm/leads/{}", lead.as_str().expect("an id"));
    scenario.dressed(scenario.stage.app.delete(&path)).send().await.expect(204);
    note_events(scenario).await;
}

/// A mail that somebody was sending, for the last time that it may be tried, and did not say how it went.
async fn broken_off(scenario: &mut Scenario, task: &Value, leads: &[Value]) {
    let (services, organization) = (scenario.stage.backstage.clone(), scenario.organization_id());
    let task_id = task["id"].as_str().expect("an id").parse::<TaskId>().expect("an id");
    let lead = leads.first().and_then(Value::as_str).expect("a lead").parse::<LeadId>().expect("an id");
    let fact = Fact::CampaignWritten { task_id, lead_ids: vec![lead] };
    let event = services.event(organization, Actor::Platform, Trace::begin(&services.ids), fact);
    let mail = Mail::of(&event, services.clock.now()).remove(0);
    let mail = Mail { status: MailStatus::Sending, attempts: ATTEMPTS_MAXIMUM, ..mail };
    write(&services.store, |transaction| transaction.create(mail.clone())).await;
    scenario.stage.sweep("").await;
    note_events(scenario).await;
}

/// Carries out what is on its way, and keeps as examples what the projector does about the campaign: the rest is not typical.
async fn note_events(scenario: &mut Scenario) {
    for run in scenario.stage.follow().await.into_iter().filter(|run| run.case.starts_with("campaign.")) {
        scenario.note(run, Vec::new());
    }
}
