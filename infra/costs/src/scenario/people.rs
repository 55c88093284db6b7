//! Profiles, connections, skills, portfolios.

use std::time::Duration;

use groundwork::operator::set_role;
use serde_json::{Value, json};
use shared::access::PlatformRole;
use testkit::{Request, totp_code};

use super::{EMAIL, PASSWORD, Scenario};

const BIO: &str = "I build engines that compute what today is computed by hand, and print the tables without a fault. Before that I wrote \
    about them, and before that I read everything there was.";

/// Somebody with a session of their own.
struct Person {
    id: String,
    token: String,
}

impl Person {
    async fn register(scenario: &mut Scenario, name: &str) -> Self {
        let email = format!("{}@people.example", name.to_lowercase().replace(' ', "."));
        let body = json!({"email": email, "password": PASSWORD, "name": name});
        let request = scenario.stage.app.post("/api/auth/register").json(&body);
        let registered = scenario.quietly(201, request).await;
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self { id: text(&registered["user"]["id"]), token: text(&registered["accessToken"]) }
    }

    fn dress(&self, request: Request) -> Request {
        request.bearer(&self.token)
    }
}

fn profile(name: &str) -> Value {
    json!({"name": name, "headline": "Founder of Analytical Engines", "bio": BIO, "city": "London", "country": "GB",
        "links": ["https://example.com/profile"], "timeZone": "Europe/London", "role": "founder"})
}

pub(super) async fn run(scenario: &mut Scenario) {
    // A person acts by themselves, in no organisation but their own.
    let organization = std::mem::take(&mut scenario.organization);
    let me = scenario.quietly(200, scenario.get("/api/auth/me")).await;
    let ada = me["user"]["id"].as_str().expect("an id").to_owned();
    let grace = Person::register(scenario, "Grace Hopper").await;
    profiles(scenario, &ada).await;
    operators(scenario, &grace).await;
    let others = connections(scenario, &ada, &grace).await;
    blocks(scenario, &others[0]).await;
    skills(scenario, &ada, &grace).await;
    portfolio(scenario, &ada).await;
    activity(scenario, &ada).await;
    erasure(scenario, &grace).await;
    scenario.organization = organization;
}

async fn profiles(scenario: &mut Scenario, ada: &str) {
    let path = format!("/api/users/{ada}");
    let request = scenario.dressed(scenario.stage.app.put(&path)).json(&profile("Ada Lovelace"));
    scenario.quietly(200, request).await;
    let request = scenario.dressed(scenario.stage.app.put(&path)).json(&profile("Ada King Lovelace"));
    scenario.measure("replaceUser", "", 200, request).await;
    let request = scenario.get(&path);
    scenario.measure("getUser", "", 200, request).await;
    let request = scenario.get(&format!("{path}/privacy"));
    scenario.measure("getPrivacy", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.put(&format!("{path}/privacy")));
    let request = request.json(&json!({"city": "connections", "role": "organization"}));
    scenario.measure("replacePrivacy", "", 200, request).await;
}

/// What operators do; on the way somebody with a profile comes into being.
async fn operators(scenario: &mut Scenario, grace: &Person) {
    set_role(&scenario.stage.backstage, EMAIL, Some(PlatformRole::Admin)).await.expect("the role is set");
    scenario.stage.follow().await;
    scenario.stage.platform.services.access.clear();
    let body = json!({"email": "mary@people.example", "name": "Mary Somerville"});
    let request = scenario.post("/api/users/create", &body);
    let mary = scenario.measure("createUser", "", 201, request).await;
    super::credits::grant(scenario, mary["id"].as_str().expect("an id")).await;
    let path = format!("/api/users/{}", mary["id"].as_str().expect("an id"));
    let request = scenario.dressed(scenario.stage.app.put(&path)).json(&profile("Mary Somerville"));
    scenario.quietly(200, request).await;
    for number in 0..19 {
        let body =
            json!({"email": format!("person.{number}@people.example"), "name": format!("Person Number {number}")});
        let request = scenario.post("/api/users/create", &body);
        let person = scenario.quietly(201, request).await;
        let path = format!("/api/users/{}", person["id"].as_str().expect("an id"));
        let request = scenario.dressed(scenario.stage.app.put(&path));
        let request = request.json(&profile(&format!("Person Number {number}")));
        scenario.quietly(200, request).await;
    }
    second_factor(scenario, grace).await;
    for (operation, rest) in [("suspendUser", "suspend"), ("reinstateUser", "reinstate")] {
        let request = scenario.dressed(scenario.stage.app.post(&format!("{path}/{rest}")));
        scenario.measure(operation, "", 204, request).await;
    }
    set_role(&scenario.stage.backstage, EMAIL, Some(PlatformRole::Support)).await.expect("the role is set");
    scenario.stage.follow().await;
    let request = scenario.get("/api/users?city=london");
    scenario.measure("searchUsers", "", 200, request).await;
}

/// Grace enrols an authenticator, loses it, and is let in again.
async fn second_factor(scenario: &mut Scenario, grace: &Person) {
    let request = grace.dress(scenario.stage.app.post("/api/auth/totp/enroll"));
    let enrolment = scenario.quietly(200, request).await;
    let code = totp_code(&enrolment["secret"], &scenario.stage.backstage.clock);
    let request = grace.dress(scenario.stage.app.post("/api/auth/totp/confirm")).json(&json!({"code": code}));
    scenario.quietly(200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&format!("/api/users/{}/totp", grace.id)));
    scenario.measure("removeUserTotp", "", 204, request).await;
}

/// Ada gets to know fifty people; their ids.
async fn connections(scenario: &mut Scenario, ada: &str, grace: &Person) -> Vec<String> {
    let mut others = Vec::new();
    for number in 0..49 {
        let other = Person::register(scenario, &format!("Friend {number}")).await;
        let request = other.dress(scenario.stage.app.post(&format!("/api/users/{ada}/connection")));
        scenario.quietly(200, request).await;
        let request = scenario.dressed(scenario.stage.app.post(&format!("/api/users/{}/connection/accept", other.id)));
        scenario.quietly(200, request).await;
        others.push(other.id);
    }
    let to_grace = format!("/api/users/{}/connection", grace.id);
    let to_ada = format!("/api/users/{ada}/connection");
    let request = scenario.dressed(scenario.stage.app.post(&to_grace));
    scenario.measure("requestConnection", "", 200, request).await;
    let request = grace.dress(scenario.stage.app.post(&format!("{to_ada}/decline")));
    scenario.measure("declineConnection", "", 204, request).await;
    let request = scenario.dressed(scenario.stage.app.post(&to_grace));
    scenario.quietly(200, request).await;
    let request = grace.dress(scenario.stage.app.post(&format!("{to_ada}/accept")));
    scenario.measure("acceptConnection", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&to_grace));
    scenario.measure("removeConnection", "", 204, request).await;
    let request = scenario.dressed(scenario.stage.app.post(&to_grace));
    scenario.quietly(200, request).await;
    let request = grace.dress(scenario.stage.app.post(&format!("{to_ada}/accept")));
    scenario.quietly(200, request).await;
    let request = scenario.get("/api/users/connections");
    scenario.measure("listConnections", "", 200, request).await;
    let request = grace.dress(scenario.stage.app.get(&format!("{to_ada}s/mutual")));
    scenario.measure("getMutualConnections", "", 200, request).await;
    let request = grace.dress(scenario.stage.app.get(&format!("/api/users/{ada}")));
    scenario.measure("getUser", "with a field for organisations", 200, request).await;
    others
}

async fn blocks(scenario: &mut Scenario, other: &str) {
    let path = format!("/api/users/{other}/block");
    let request = scenario.dressed(scenario.stage.app.post(&path));
    scenario.measure("blockUser", "", 204, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&path));
    scenario.measure("unblockUser", "", 204, request).await;
}

async fn skills(scenario: &mut Scenario, ada: &str, grace: &Person) {
    let path = format!("/api/users/{ada}/skills");
    let request = scenario.post(&path, &json!({"name": "Rust"}));
    let rust = scenario.measure("addSkill", "", 201, request).await;
    for number in 0..9 {
        let request = scenario.post(&path, &json!({"name": format!("Skill {number}")}));
        scenario.quietly(201, request).await;
    }
    let one = format!("{path}/{}", rust["id"].as_str().expect("an id"));
    let request = grace.dress(scenario.stage.app.post(&format!("{one}/endorsement")));
    scenario.measure("endorseSkill", "", 200, request).await;
    let request = grace.dress(scenario.stage.app.get(&path));
    scenario.measure("listSkills", "", 200, request).await;
    let request = grace.dress(scenario.stage.app.delete(&format!("{one}/endorsement")));
    scenario.measure("withdrawEndorsement", "", 204, request).await;
    let request = grace.dress(scenario.stage.app.post(&format!("{one}/endorsement")));
    scenario.quietly(200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&one));
    scenario.measure("removeSkill", "", 204, request).await;
}

async fn portfolio(scenario: &mut Scenario, ada: &str) {
    let path = format!("/api/users/{ada}/portfolio");
    let entry = json!({"title": "The engine", "description": BIO, "url": "https://example.com/engine", "year": 1952});
    let request = scenario.post(&path, &entry);
    let made = scenario.measure("createPortfolioEntry", "", 201, request).await;
    for _ in 0..9 {
        let request = scenario.post(&path, &entry);
        scenario.quietly(201, request).await;
    }
    let request = scenario.get(&path);
    scenario.measure("listPortfolio", "", 200, request).await;
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    let request = scenario.dressed(scenario.stage.app.put(&one)).json(&entry);
    scenario.measure("replacePortfolioEntry", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&one));
    scenario.measure("deletePortfolioEntry", "", 204, request).await;
}

async fn activity(scenario: &mut Scenario, ada: &str) {
    let request = scenario.get(&format!("/api/users/{ada}/activity"));
    scenario.measure("listUserActivity", "", 200, request).await;
    let request = scenario.get(&format!("/api/users/{ada}/activity/analytics"));
    scenario.measure("getActivityFigures", "", 200, request).await;
}

/// Grace takes everything along and goes; an hour later nothing is left of her.
async fn erasure(scenario: &mut Scenario, grace: &Person) {
    let path = format!("/api/users/{}", grace.id);
    let request = grace.dress(scenario.stage.app.post(&format!("{path}/export")));
    let link = scenario.measure("exportUser", "", 201, request).await;
    let request = scenario.stage.app.get(link["url"].as_str().expect("a link"));
    scenario.measure("downloadExport", "", 200, request).await;
    let request = grace.dress(scenario.stage.app.delete(&path));
    scenario.measure("deleteUser", "", 202, request).await;
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    let run = scenario.stage.purge("an account and its personal organisation, of few rows").await;
    let follows = scenario.stage.follow().await;
    scenario.note_runs(&follows);
    scenario.note(run, follows);
}
