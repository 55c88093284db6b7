//! Leads and their activities.

use std::time::Duration;

use serde_json::{Value, json};
use shared::event::Actor;
use shared::id::LeadId;
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::problem::Problem;
use shared::store::Transaction;

use super::Scenario;

const NOTE: &str = "Met at the exhibition in Hyde Park; wants to see the difference engine at work before the board meets in spring. \
    Prefers letters to calls.";

/// Leads as a spreadsheet exports them. They were last contacted a month ago, so that the agentic engine finds work.
fn file(leads: std::ops::Range<u32>) -> String {
    let mut file = "email,name,company,title,status,priority,last contacted,notes\n".to_owned();
    for number in leads {
        file.push_str(&format!(
            "person.{number}@company-{number}.example,Person Number {number},Company {number} Ltd,Head of Research,contacted,medium,\
             2026-10-20,\"{NOTE}\"\n"
        ));
    }
    file
}

fn lead(name: &str, status: &str) -> Value {
    json!({"name": name, "email": format!("{}@bombe.example", name.to_lowercase().replace(' ', ".")), "company": "Bombe Works",
        "title": "Director", "status": status, "lastContactedAt": "2026-11-19T09:00:00Z", "notes": NOTE})
}

/// Adds activities to a lead as if they had come over time.
async fn activities(scenario: &Scenario, lead: &str, count: u32) {
    let (services, organization_id) = (&scenario.stage.backstage, scenario.organization_id());
    let lead_id = lead.parse::<LeadId>().expect("an id");
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        for _ in 0..count {
            transaction.create(LeadActivity {
                id: services.ids.next(),
                organization_id,
                lead_id,
                kind: LeadActivityKind::Email,
                subject: "The engine you asked about".to_owned(),
                body: format!("{NOTE} {NOTE} {NOTE}"),
                task_id: None,
                actor: Actor::Platform,
                at: services.clock.now(),
            });
        }
        Ok::<_, Problem>((transaction, ()))
    };
    services.store.execute(plan).await.expect("the activities are written");
}

pub(super) async fn run(scenario: &mut Scenario) {
    let request = scenario.dressed(scenario.stage.app.post("/api/crm/leads/import"));
    let request = scenario.with_key(request).body("text/csv", file(0..50));
    scenario.measure("importLeads", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.post("/api/crm/leads/import"));
    let request = scenario.with_key(request).body("text/csv", file(0..50));
    scenario.measure("importLeads", "the same 50 leads again", 200, request).await;
    let request = scenario.post("/api/crm/leads", &lead("Alan Turing", "contacted"));
    let created = scenario.measure("createLead", "", 201, request).await;
    let id = created["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/crm/leads/{id}");
    let request = scenario.get(&path);
    scenario.measure("getLead", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.put(&path)).json(&lead("Alan Turing", "qualified"));
    scenario.measure("replaceLead", "", 200, request).await;
    let request = scenario.get("/api/crm/leads");
    scenario.measure("listLeads", "", 200, request).await;
    let request = scenario.get("/api/crm/leads?status=contacted");
    scenario.measure("listLeads", "of one status", 200, request).await;
    activities(scenario, &id, 50).await;
    let request = scenario.get(&format!("{path}/activities"));
    scenario.measure("listLeadActivities", "", 200, request).await;
    let request = scenario.post("/api/crm/leads", &lead("Joan Clarke", "lost"));
    let created = scenario.quietly(201, request).await;
    let id = created["id"].as_str().expect("an id").to_owned();
    activities(scenario, &id, 3).await;
    let request = scenario.dressed(scenario.stage.app.delete(&format!("/api/crm/leads/{id}")));
    scenario.measure("deleteLead", "", 204, request).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}
