//! What the members of an organisation do with it and with each other.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use shared::access::LinkSecrets;
use testkit::Request;

use super::{PASSWORD, Scenario};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const GRACE: &str = "grace.hopper@cobol.example";

pub(super) async fn run(scenario: &mut Scenario) {
    settings(scenario).await;
    let grace = scenario.quietly_registered(GRACE).await;
    invitations(scenario, &grace).await;
    roles(scenario, &grace).await;
    webhooks(scenario).await;
    deletion(scenario).await;
}

/// A path of Ada's organisation.
fn path(scenario: &Scenario, rest: &str) -> String {
    format!("/api/organizations/{}{rest}", scenario.organization)
}

fn put(scenario: &Scenario, path: &str, body: &Value) -> Request {
    scenario.dressed(scenario.stage.app.put(path)).json(body)
}

async fn settings(scenario: &mut Scenario) {
    let own = path(scenario, "");
    let details = json!({"name": "Analytical Engines", "industry": "Hardware"});
    let request = put(scenario, &own, &details);
    scenario.measure("replaceOrganization", "", 200, request).await;
    let configuration = path(scenario, "/ai-configuration");
    let body = json!({"personality": "A calm engineer who has built this before.", "tone": "warm and direct",
        "goals": ["Ten paying customers by spring", "A second engine that works"]});
    let request = put(scenario, &configuration, &body);
    scenario.measure("replaceAiConfiguration", "", 200, request).await;
    let request = scenario.get(&configuration);
    scenario.measure("getAiConfiguration", "", 200, request).await;
    let usage = path(scenario, "/usage");
    let request = scenario.get(&usage);
    scenario.measure("getUsage", "", 200, request).await;
}

impl Scenario {
    /// Somebody else with an account; their access token.
    async fn quietly_registered(&mut self, email: &str) -> String {
        let body = json!({"email": email, "password": PASSWORD, "name": "Grace Hopper"});
        let request = self.stage.app.post("/api/auth/register").json(&body);
        self.quietly(201, request).await["accessToken"].as_str().expect("a token").to_owned()
    }
}

/// Invites Grace; the invitation's id and the token of its link.
async fn invited(scenario: &mut Scenario, measured: bool) -> (String, String) {
    let invitations = path(scenario, "/invitations");
    let request = scenario.post(&invitations, &json!({"email": GRACE, "role": "member"}));
    let made = match measured {
        true => scenario.measure("invite", "", 201, request).await,
        false => scenario.quietly(201, request).await,
    };
    let id = made["id"].as_str().expect("an id").to_owned();
    let links = LinkSecrets::new(scenario.stage.backstage.clone());
    let token = links.invitation_token(scenario.organization_id(), id.parse().expect("an id")).await;
    (id, token.expect("the secret is there").text())
}

async fn invitations(scenario: &mut Scenario, grace: &str) {
    // The secret that links are derived from is made once in the platform's life.
    let (_, token) = invited(scenario, false).await;
    let request = scenario.stage.app.post("/api/invitations/view").json(&json!({"token": token}));
    scenario.quietly(200, request).await;
    let request = scenario.stage.app.post("/api/invitations/view").json(&json!({"token": token}));
    scenario.measure("viewInvitation", "", 200, request).await;
    let request = scenario.stage.app.post("/api/invitations/decline").json(&json!({"token": token}));
    scenario.measure("declineInvitation", "", 204, request).await;

    let (id, _) = invited(scenario, true).await;
    let invitations = path(scenario, "/invitations");
    let request = scenario.get(&invitations);
    scenario.measure("listInvitations", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.post(&format!("{invitations}/{id}/resend")));
    scenario.measure("resendInvitation", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&format!("{invitations}/{id}")));
    scenario.measure("revokeInvitation", "", 204, request).await;
    let (_, token) = invited(scenario, false).await;
    let request = scenario.stage.app.post("/api/invitations/accept").bearer(grace).json(&json!({"token": token}));
    scenario.measure("acceptInvitation", "", 200, request).await;
}

async fn roles(scenario: &mut Scenario, grace: &str) {
    let members = path(scenario, "/members");
    let request = scenario.get(&members);
    let list = scenario.measure("listMembers", "", 200, request).await;
    let id = |role: &str| {
        let of_role = list["data"].as_array().expect("a list").iter().find(|member| member["role"] == role);
        of_role.expect("there is one")["userId"].as_str().expect("an id").to_owned()
    };
    let (ada, member) = (id("owner"), id("member"));
    let path_of_member = format!("{members}/{member}");
    let request = put(scenario, &path_of_member, &json!({"role": "admin"}));
    scenario.measure("changeRole", "", 200, request).await;
    let transfer = path(scenario, "/transfer-ownership");
    let request = scenario.dressed(scenario.stage.app.post(&transfer)).json(&json!({"userId": member}));
    scenario.measure("transferOwnership", "", 200, request).await;
    let request = scenario.stage.app.post(&transfer).bearer(grace).json(&json!({"userId": ada}));
    scenario.quietly(200, request).await;
    let request = scenario.stage.app.post(&path(scenario, "/leave")).bearer(grace);
    scenario.measure("leaveOrganization", "", 204, request).await;

    let (_, token) = invited(scenario, false).await;
    let request = scenario.stage.app.post("/api/invitations/accept").bearer(grace).json(&json!({"token": token}));
    scenario.quietly(200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&path_of_member));
    scenario.measure("removeMember", "", 204, request).await;
}

async fn webhooks(scenario: &mut Scenario) {
    let webhooks = path(scenario, "/webhooks");
    let details = json!({"url": "https://engines.example.com/hook", "events": ["organization.renamed"]});
    let request = scenario.post(&webhooks, &details);
    let made = scenario.measure("createWebhook", "", 201, request).await;
    let own = format!("{webhooks}/{}", made["webhook"]["id"].as_str().expect("an id"));
    let request = scenario.get(&webhooks);
    scenario.measure("listWebhooks", "", 200, request).await;
    let request = scenario.get(&own);
    scenario.measure("getWebhook", "", 200, request).await;
    // The endpoint wants no more, and is switched off; then it is moved, and wants to be told again.
    scenario.stage.platform.hooks.answer(StatusCode::GONE);
    let organization = path(scenario, "");
    let request = put(scenario, &organization, &json!({"name": "Analytical Engines", "industry": "Engines"}));
    scenario.quietly(200, request).await;
    scenario.stage.platform.hooks.answer(StatusCode::OK);
    let request =
        put(scenario, &own, &json!({"url": "https://engines.example.com/hooks", "events": ["organization.renamed"]}));
    scenario.measure("replaceWebhook", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.post(&format!("{own}/rotate-secret")));
    scenario.measure("rotateWebhookSecret", "", 200, request).await;
    // What the organisation does is told to its endpoint.
    let request = put(scenario, &organization, &json!({"name": "Analytical Engines", "industry": "Computing"}));
    scenario.quietly(200, request).await;
    let request = scenario.get(&format!("{own}/deliveries"));
    let deliveries = scenario.measure("listWebhookDeliveries", "", 200, request).await;
    let delivery = deliveries["data"][0]["id"].as_str().expect("an id").to_owned();
    let request = scenario.dressed(scenario.stage.app.post(&format!("{own}/deliveries/{delivery}/replay")));
    scenario.measure("replayWebhookDelivery", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&own));
    scenario.measure("deleteWebhook", "", 204, request).await;
}

async fn deletion(scenario: &mut Scenario) {
    let request = scenario.post("/api/organizations", &json!({"name": "Another"}));
    let made = scenario.quietly(201, request).await;
    let own = format!("/api/organizations/{}", made["id"].as_str().expect("an id"));
    let request = scenario.dressed(scenario.stage.app.delete(&own));
    scenario.measure("deleteOrganization", "", 204, request).await;
    let request = scenario.dressed(scenario.stage.app.post(&format!("{own}/restore")));
    scenario.measure("restoreOrganization", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&own));
    scenario.quietly(204, request).await;
    let idle = scenario.stage.purge("nothing is due").await;
    scenario.note(idle, Vec::new());
}

/// A month later the deleted organisation goes for good.
pub(super) async fn end(scenario: &mut Scenario) {
    tokio::time::sleep(DAY * 31).await;
    let run = scenario.stage.purge("an organisation of few rows").await;
    let follows = scenario.stage.follow().await;
    scenario.note_runs(&follows);
    scenario.note(run, follows);
}
