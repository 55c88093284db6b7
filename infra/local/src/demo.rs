//! Demo data: an organisation on Pro with leads and history, made through the API like anybody's. A killed platform may leave it half made;
//! the next start completes it.

use std::fmt::Write;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::plan::PlanName;
use tower::ServiceExt;

use crate::cli::CliError;
use crate::terminal::say;
use crate::{Platform, operator};

const EMAIL: &str = "demo@groundwork.example";
/// Known to everybody, so it opens nothing but this machine's demo.
const PASSWORD: &str = "seven slots before noon";
const LEADS: usize = 300;
const ANSWER_LIMIT_BYTES: usize = 1024 * 1024;

const FIRST_NAMES: [&str; 20] = [
    "Amara", "Ben", "Chiara", "Dmitri", "Elif", "Farid", "Grace", "Hana", "Igor", "Jaya", "Kofi", "Lena", "Mateo",
    "Nadia", "Owen", "Priya", "Quinn", "Rosa", "Sven", "Tariq",
];
const LAST_NAMES: [&str; 15] = [
    "Okafor", "Larsen", "Moretti", "Ivanov", "Yilmaz", "Haddad", "Nguyen", "Sato", "Novak", "Iyer", "Mensah",
    "Fischer", "Alvarez", "Petrova", "Walsh",
];
const COMPANIES: [&str; 12] = [
    "Northwind Clinics",
    "Blue Fern Dental",
    "Harbour Logistics",
    "Lumen Schools",
    "Cobalt Robotics",
    "Greenleaf Foods",
    "Atlas Insurance",
    "Pine Street Law",
    "Orbit Travel",
    "Willow Homes",
    "Summit Fitness",
    "Delta Print",
];
const TITLES: [&str; 6] =
    ["Head of Operations", "Founder", "Office Manager", "Director of Sales", "Chief Executive", "Buyer"];
const STATUSES: [&str; 7] = ["new", "contacted", "qualified", "contacted", "converted", "lost", "qualified"];
const PRIORITIES: [&str; 3] = ["low", "medium", "high"];
const SOURCES: [&str; 4] = ["referral", "website", "conference", "LinkedIn"];

/// The demo organisation's name, by which it is found again.
const ORGANIZATION: &str = "Slotwise";
/// How often a step is repeated while the same one of a killed platform counts as running, a second apart: the longest lease and a little.
const PATIENCE_SECONDS: u32 = 65;

/// Makes the demo organisation, or what is missing of it, and prints its sign-in.
pub(crate) async fn seed(platform: &Platform) -> Result<(), CliError> {
    let mut founder = Visitor { platform, token: String::new(), organization: String::new() };
    let registration = json!({"email": EMAIL, "password": PASSWORD, "name": "Demo Founder"});
    let (mut status, mut account) = founder.send(Step::post("/api/auth/register", &registration)).await?;
    if status == StatusCode::CONFLICT || status == StatusCode::TOO_MANY_REQUESTS {
        let credentials = json!({"email": EMAIL, "password": PASSWORD});
        (status, account) = founder.send(Step::post("/api/auth/login", &credentials)).await?;
        if status.is_client_error() {
            say(&format!(
                "Cannot sign in as {EMAIL}, so the demo organisation stays as it is: {}",
                text(&account, "detail")
            ));
            return Ok(());
        }
    }
    if !status.is_success() {
        return Err(CliError::Refused(format!("the demo account cannot be made: {account}")));
    }
    founder.token = text(&account, "accessToken");
    fill(&mut founder).await?;
    say(&format!("Demo organisation: sign in as {EMAIL} with the password {PASSWORD}."));
    Ok(())
}

/// Does what is not done yet. The conversation is the last, so where there is one, everything before is done and is left as its owner has
/// made it since; what a killed platform was about has the same key again and so happens once.
async fn fill(founder: &mut Visitor<'_>) -> Result<(), CliError> {
    founder.organization = organization(founder).await?;
    let conversations = founder.list("/api/chat/conversations").await?;
    if conversations.is_empty() {
        furnish(founder).await?;
    }
    // The newest come first.
    let mut conversation = conversations.last().map(|conversation| text(conversation, "id")).unwrap_or_default();
    let said = match conversation.as_str() {
        "" => 0,
        id => founder.list(&format!("/api/chat/conversations/{id}/messages")).await?.len(),
    };
    if said < 2 {
        let first = json!({"message": "How do I find my first ten customers?"});
        let answer = founder.post(Step::post("/api/chat/message", &first).once("demo-first-message")).await?;
        conversation = text(&answer, "conversationId");
    }
    if said < 4 {
        let second = json!({"message": "Can you give me an example?", "conversationId": conversation});
        founder.post(Step::post("/api/chat/message", &second).once("demo-second-message")).await?;
    }
    Ok(())
}

/// The id of the demo organisation, which is made if it is not there.
async fn organization(founder: &Visitor<'_>) -> Result<String, CliError> {
    let organizations = founder.list("/api/organizations").await?;
    if let Some(organization) = organizations.iter().find(|organization| text(organization, "name") == ORGANIZATION) {
        return Ok(text(organization, "id"));
    }
    let body = json!({"name": ORGANIZATION, "industry": "Health care"});
    Ok(text(&founder.post(Step::post("/api/organizations", &body).once("demo-organization")).await?, "id"))
}

/// What the organisation has: a plan, a venture, leads, and tasks that the engine made of them.
async fn furnish(founder: &Visitor<'_>) -> Result<(), CliError> {
    let services = &founder.platform.services;
    let id =
        founder.organization.parse().map_err(|_| CliError::Refused("the demo organisation has no id".to_owned()))?;
    operator::set_plan(services, id, PlanName::Pro).await?;
    if founder.list("/api/ventures").await?.is_empty() {
        let venture = json!({"name": ORGANIZATION, "stage": "mvp", "category": "Health care",
            "description": "We fill cancelled appointments of clinics by text message, so that no chair stays empty."});
        founder.post(Step::post("/api/ventures/create", &venture).once("demo-venture")).await?;
    }
    // The file is not the same on another day, so it has no key: imported again, it changes nothing by itself.
    let import =
        Step { content_type: "text/csv", ..Step::new("POST", "/api/crm/leads/import", leads(services.clock.now())) };
    founder.post(import).await?;
    founder.post(Step::post("/api/agentic/analyze", &json!({})).once("demo-analysis")).await?;
    Ok(())
}

fn text(answer: &Value, name: &str) -> String {
    answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A few hundred leads in every status, some of them long without contact; the same on every machine but for the dates.
fn leads(now: Timestamp) -> String {
    let mut csv =
        "First Name,Last Name,Email,Company,Job Title,Lead Status,Priority,Source,Last Contacted,Budget\n".to_owned();
    let pick = |list: &[&'static str], number: usize| list.get(number % list.len()).copied().unwrap_or_default();
    for number in 0..LEADS {
        let (first, last) = (pick(&FIRST_NAMES, number), pick(&LAST_NAMES, number / 20));
        let (company, title) = (pick(&COMPANIES, number * 7), pick(&TITLES, number * 5));
        let status = pick(&STATUSES, number);
        let days = u64::try_from(number % 40).unwrap_or_default();
        let contacted =
            if status == "new" { String::new() } else { now.minus(Duration::from_secs(days * 24 * 60 * 60)).day() };
        let email = format!(
            "{}.{}{number}@{}.example",
            first.to_lowercase(),
            last.to_lowercase(),
            company.to_lowercase().replace(' ', "-")
        );
        let (priority, source, budget) =
            (pick(&PRIORITIES, number / 3), pick(&SOURCES, number / 2), (number % 9 + 1) * 1000);
        // Writing to a String cannot fail.
        let _ =
            writeln!(csv, "{first},{last},{email},{company},{title},{status},{priority},{source},{contacted},{budget}");
    }
    csv
}

/// A call of the API.
#[derive(Clone)]
struct Step {
    method: &'static str,
    path: String,
    content_type: &'static str,
    body: String,
    key: Option<&'static str>,
}

impl Step {
    fn new(method: &'static str, path: &str, body: String) -> Self {
        Self { method, path: path.to_owned(), content_type: "application/json", body, key: None }
    }

    fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path, body.to_string())
    }

    /// The same step in every run, which happens once.
    fn once(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }
}

/// Somebody who calls the API.
struct Visitor<'a> {
    platform: &'a Platform,
    token: String,
    organization: String,
}

impl Visitor<'_> {
    async fn post(&self, step: Step) -> Result<Value, CliError> {
        for _ in 0..PATIENCE_SECONDS {
            let (status, answer) = self.send(step.clone()).await?;
            if status.is_success() {
                return Ok(answer);
            }
            if text(&answer, "code") != "in_progress" {
                return Err(CliError::Refused(format!("{} answered {status}: {answer}", step.path)));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Err(CliError::Refused(format!("{} was in progress for {PATIENCE_SECONDS} seconds", step.path)))
    }

    /// The first page, which for a demo is all.
    async fn list(&self, path: &str) -> Result<Vec<Value>, CliError> {
        let (status, page) = self.send(Step::new("GET", path, String::new())).await?;
        let data = page.get("data").and_then(Value::as_array).cloned();
        data.ok_or_else(|| CliError::Refused(format!("{path} answered {status}: {page}")))
    }

    async fn send(&self, step: Step) -> Result<(StatusCode, Value), CliError> {
        let mut request =
            Request::builder().method(step.method).uri(step.path).header("content-type", step.content_type);
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if !self.organization.is_empty() {
            request = request.header("x-organization-id", &self.organization);
        }
        if let Some(key) = step.key {
            request = request.header("idempotency-key", key);
        }
        let fault = |error: &dyn std::fmt::Display| CliError::Refused(error.to_string());
        let request = request.body(Body::from(step.body)).map_err(|error| fault(&error))?;
        let response = self.platform.router().oneshot(request).await.map_err(|error| fault(&error))?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_LIMIT_BYTES).await.map_err(|error| fault(&error))?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }
}
