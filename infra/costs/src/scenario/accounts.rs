//! Accounts, organisations, ventures.

use std::time::Duration;

use groundwork::operator::{set_plan, set_role};
use serde_json::json;
use shared::access::PlatformRole;
use shared::event::{Actor, Fact};
use shared::id::UserId;
use shared::model::mail::Mail;
use shared::plan::PlanName;
use shared::store::Entity;
use shared::trace::Trace;

use super::jobs::write;
use super::{EMAIL, PASSWORD, Scenario, members};

/// The address that Ada has for a while.
const OTHER_EMAIL: &str = "ada@lovelace.example";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn run(scenario: &mut Scenario) {
    session(scenario).await;
    unheard_facts(scenario).await;
    links(scenario).await;
    organizations(scenario).await;
    ventures(scenario).await;
}

async fn session(scenario: &mut Scenario) {
    let request = scenario.stage.app.get("/api/health");
    scenario.measure("getHealth", "", 200, request).await;
    let request = scenario.stage.app.get("/.well-known/jwks.json");
    scenario.measure("getJwks", "", 200, request).await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "name": "Ada Lovelace"});
    let request = scenario.stage.app.post("/api/auth/register").json(&body);
    scenario.measure("register", "", 201, request).await;
    let request = scenario.stage.app.post("/api/auth/login").json(&json!({"email": EMAIL, "password": PASSWORD}));
    let signed_in = scenario.measure("login", "", 200, request).await;
    let text = |name: &str| signed_in[name].as_str().expect("a token").to_owned();
    (scenario.token, scenario.refresh_token) = (text("accessToken"), text("refreshToken"));
    let request = scenario.get("/api/auth/me");
    scenario.measure("getMe", "", 200, request).await;
    let request = scenario.stage.app.post("/api/auth/refresh").json(&json!({"refreshToken": scenario.refresh_token}));
    let refreshed = scenario.measure("refreshTokens", "", 200, request).await;
    scenario.token = refreshed["accessToken"].as_str().expect("a token").to_owned();
    // What an instance reads beside a call when its keys are cold.
    scenario.stage.platform.services.keys.clear();
    let request = scenario.get("/api/auth/me");
    let measured = scenario.stage.call_as_it_is(200, request).await;
    scenario.record("getMe", "verifying keys cold", measured);
}

/// Facts whose operations come later in the scenario or not at all: what projecting them takes. Where an operation brings one about, that
/// run counts instead.
async fn unheard_facts(scenario: &mut Scenario) {
    let services = scenario.stage.backstage.clone();
    let (user_id, session_id) = (services.ids.next::<UserId>(), services.ids.next());
    let facts = [
        Fact::PasswordChanged { user_id },
        Fact::SessionFamilyRevoked { user_id, session_id },
        Fact::AllSessionsEnded { user_id },
        Fact::SessionRenamed { user_id, session_id },
        Fact::InvitationSent { invitation_id: services.ids.next() },
    ];
    for fact in facts {
        let trace = Trace::begin(&services.ids);
        let event = services.event(user_id.personal_organization(), Actor::Platform, trace, fact);
        write(&services.store, |transaction| transaction.create(event.clone())).await;
        for run in scenario.stage.project().await {
            scenario.note(run, Vec::new());
        }
        // Nobody is there to get a mail, and the sweep shall find none that is due.
        scenario.stage.receive("mail").await;
        let mails = Mail::of(&event, services.clock.now());
        write(&services.store, |transaction| mails.iter().for_each(|mail| transaction.delete_key(mail.key()))).await;
    }
}

/// Mailed links; the frontend posts what they carry.
async fn links(scenario: &mut Scenario) {
    let token = |scenario: &Scenario, address: &str| {
        let mail = scenario.stage.platform.mailbox.mails_to(address).into_iter().next().expect("a mail came");
        let (_, rest) = mail.text.split_once("#token=").expect("the mail has a link");
        json!({"token": rest.lines().next().expect("the link ends")})
    };
    let request = scenario.dressed(scenario.stage.app.post("/api/auth/verify-email/request"));
    scenario.measure("requestEmailVerification", "", 202, request).await;
    let request = scenario.stage.app.post("/api/auth/verify-email").json(&token(scenario, EMAIL));
    scenario.measure("verifyEmail", "", 204, request).await;
    let request = scenario.stage.app.post("/api/auth/password/forgot").json(&json!({"email": "nobody@example.com"}));
    scenario.measure("forgotPassword", "an unknown address", 202, request).await;
    let request = scenario.stage.app.post("/api/auth/password/forgot").json(&json!({"email": EMAIL}));
    scenario.measure("forgotPassword", "", 202, request).await;
    let mut body = token(scenario, EMAIL);
    body["password"] = json!(PASSWORD);
    let request = scenario.stage.app.post("/api/auth/password/reset").json(&body);
    scenario.measure("resetPassword", "", 204, request).await;
    // That ended the session.
    sign_in(scenario, EMAIL).await;
    // To another address and back to the one that the rest of the scenario knows; the way back is what counts, it is the same.
    for address in [OTHER_EMAIL, EMAIL] {
        let body = json!({"newEmail": address, "password": PASSWORD});
        let request = scenario.dressed(scenario.stage.app.post("/api/auth/email/change")).json(&body);
        let change = scenario.stage.call(202, request).await;
        let request = scenario.stage.app.post("/api/auth/email/confirm").json(&token(scenario, address));
        let confirmation = scenario.stage.call(204, request).await;
        if address == EMAIL {
            scenario.record("changeEmail", "", change);
            scenario.record("confirmEmail", "", confirmation);
        }
    }
}

pub(super) async fn sign_in(scenario: &mut Scenario, email: &str) {
    let request = scenario.stage.app.post("/api/auth/login").json(&json!({"email": email, "password": PASSWORD}));
    let signed_in = scenario.quietly(200, request).await;
    scenario.token = signed_in["accessToken"].as_str().expect("a token").to_owned();
}

async fn organizations(scenario: &mut Scenario) {
    let body = json!({"name": "Analytical Engines", "industry": "Computing"});
    let request = scenario.post("/api/organizations", &body);
    let organization = scenario.measure("createOrganization", "", 201, request).await;
    let request = scenario.get("/api/organizations");
    scenario.measure("listOrganizations", "2 items", 200, request).await;
    for number in 0..48 {
        let request = scenario.post("/api/organizations", &json!({"name": format!("Organisation {number}")}));
        scenario.quietly(201, request).await;
    }
    let request = scenario.get("/api/organizations");
    scenario.measure("listOrganizations", "", 200, request).await;
    scenario.organization = organization["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/organizations/{}", scenario.organization);
    let request = scenario.get(&path);
    scenario.measure("getOrganization", "", 200, request).await;
    members::run(scenario).await;
    set_plan(&scenario.stage.backstage, scenario.organization_id(), PlanName::Pro).await.expect("the plan is set");
    set_role(&scenario.stage.backstage, EMAIL, Some(PlatformRole::Support)).await.expect("the role is set");
    let runs = scenario.stage.follow().await;
    scenario.note_runs(&runs);
}

async fn ventures(scenario: &mut Scenario) {
    let body = json!({"name": "Engine", "stage": "idea", "category": "Hardware",
        "description": "We build engines that compute what today is computed by hand, and print the tables without a fault."});
    let request = scenario.post("/api/ventures/create", &body);
    let venture = scenario.measure("createVenture", "", 201, request).await;
    let request = scenario.get("/api/ventures");
    scenario.measure("listVentures", "1 item", 200, request).await;
    for _ in 0..49 {
        let request = scenario.post("/api/ventures/create", &body);
        scenario.quietly(201, request).await;
    }
    let request = scenario.get("/api/ventures");
    scenario.measure("listVentures", "", 200, request).await;
    let path = format!("/api/ventures/{}", venture["id"].as_str().expect("an id"));
    let request = scenario.get(&path);
    scenario.measure("getVenture", "", 200, request).await;
}

/// What comes last: the next day, and the end of the session.
pub(super) async fn end(scenario: &mut Scenario) {
    let request = scenario.get("/api/activity");
    scenario.measure("listActivity", "", 200, request).await;
    let request = scenario.get("/api/analytics/platform");
    scenario.measure("getPlatformFigures", "", 200, request).await;
    tokio::time::sleep(DAY).await;
    let request = scenario.stage.app.post("/api/auth/login").json(&json!({"email": EMAIL, "password": PASSWORD}));
    let signed_in = request.send().await.expect(200);
    scenario.token = signed_in["accessToken"].as_str().expect("a token").to_owned();
    let mut run = scenario.stage.follow().await.pop().expect("the event is projected");
    run.case = "the first event of an account's day".to_owned();
    scenario.note(run, Vec::new());
    scenario.organization = String::new();
    let request = scenario.get("/api/auth/me");
    scenario.stage.call(200, request).await;
    let request = scenario.dressed(scenario.stage.app.post("/api/auth/logout"));
    scenario.measure("logout", "", 204, request).await;
    members::end(scenario).await;
}
