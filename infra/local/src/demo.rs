//! Demo data: an organisation on Pro with leads and history, made through the API like anybody's.

use std::fmt::Write;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use shared::clock::Timestamp;
use shared::plan::PlanName;
use tower::ServiceExt;

use crate::cli::CliError;
use crate::serve::say;
use crate::{Platform, operator};

const EMAIL: &str = "demo@groundwork.example";
/// Known to everybody, so it opens nothing but this machine's demo.
const PASSWORD: &str = "groundwork-demo";
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

/// Makes the demo organisation unless it is there, and prints its sign-in.
pub(crate) async fn seed(platform: &Platform) -> Result<(), CliError> {
    let visitor = Visitor { platform, token: String::new(), organization: String::new() };
    let registration = json!({"email": EMAIL, "password": PASSWORD, "name": "Demo Founder"});
    let (status, account) =
        visitor.send("POST", "/api/auth/register", "application/json", registration.to_string()).await?;
    if status == StatusCode::CREATED {
        fill(platform, &account).await?;
    } else if status != StatusCode::CONFLICT {
        return Err(CliError::Refused(format!("the demo account cannot be made: {account}")));
    }
    say(&format!("Demo organisation: sign in as {EMAIL} with the password {PASSWORD}."));
    Ok(())
}

async fn fill(platform: &Platform, account: &Value) -> Result<(), CliError> {
    let token = text(account, "accessToken");
    let mut founder = Visitor { platform, token, organization: String::new() };
    let organization =
        founder.post("/api/organizations", json!({"name": "Slotwise", "industry": "Health care"})).await?;
    founder.organization = text(&organization, "id");
    let id =
        founder.organization.parse().map_err(|_| CliError::Refused("the demo organisation has no id".to_owned()))?;
    operator::set_plan(&platform.services, id, PlanName::Pro).await?;
    let venture = json!({"name": "Slotwise", "stage": "mvp", "category": "Health care",
        "description": "We fill cancelled appointments of clinics by text message, so that no chair stays empty."});
    founder.post("/api/ventures/create", venture).await?;
    let csv = leads(platform.services.clock.now());
    let (status, answer) = founder.send("POST", "/api/crm/leads/import", "text/csv", csv).await?;
    if status != StatusCode::OK {
        return Err(CliError::Refused(format!("the demo leads cannot be imported: {answer}")));
    }
    let first = json!({"message": "How do I find my first ten customers?"});
    let conversation = text(&founder.post("/api/chat/message", first).await?, "conversationId");
    let second = json!({"message": "Can you give me an example?", "conversationId": conversation});
    founder.post("/api/chat/message", second).await?;
    founder.post("/api/agentic/analyze", json!({})).await?;
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

/// Somebody who calls the API.
struct Visitor<'a> {
    platform: &'a Platform,
    token: String,
    organization: String,
}

impl Visitor<'_> {
    async fn post(&self, path: &str, body: Value) -> Result<Value, CliError> {
        let (status, answer) = self.send("POST", path, "application/json", body.to_string()).await?;
        if status.is_success() {
            Ok(answer)
        } else {
            Err(CliError::Refused(format!("{path} answered {status}: {answer}")))
        }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: String,
    ) -> Result<(StatusCode, Value), CliError> {
        let mut request = Request::builder().method(method).uri(path).header("content-type", content_type);
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if !self.organization.is_empty() {
            request = request.header("x-organization-id", &self.organization);
        }
        let fault = |error: &dyn std::fmt::Display| CliError::Refused(error.to_string());
        let request = request.body(Body::from(body)).map_err(|error| fault(&error))?;
        let response = self.platform.router().oneshot(request).await.map_err(|error| fault(&error))?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER_LIMIT_BYTES).await.map_err(|error| fault(&error))?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }
}
