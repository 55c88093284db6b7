//! What people do with their sessions, passwords and second factors.

use std::time::Duration;

use embedded::LinkedInMember;
use serde_json::{Value, json};
use testkit::totp_code;

use super::{EMAIL, PASSWORD, Scenario};

const NEW_PASSWORD: &str = "kumquat marmalade seven";

pub(super) async fn run(scenario: &mut Scenario) {
    sessions(scenario).await;
    password(scenario).await;
    second_factor(scenario).await;
    stolen_token(scenario).await;
    linkedin(scenario).await;
    everywhere(scenario).await;
}

/// Signs in once more, without measuring it.
async fn sign_in(scenario: &mut Scenario) -> Value {
    let request = scenario.stage.app.post("/api/auth/login").json(&json!({"email": EMAIL, "password": PASSWORD}));
    scenario.quietly(200, request).await
}

async fn sessions(scenario: &mut Scenario) {
    let elsewhere = sign_in(scenario).await;
    let request = scenario.get("/api/auth/sessions");
    scenario.measure("listSessions", "", 200, request).await;
    let id = elsewhere["refreshToken"].as_str().and_then(|token| token.split('.').nth(1)).expect("a session");
    let path = format!("/api/auth/sessions/{id}");
    let request = scenario.dressed(scenario.stage.app.request("PATCH", &path)).json(&json!({"name": "My laptop"}));
    scenario.measure("renameSession", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete(&path));
    scenario.measure("revokeSession", "", 204, request).await;
}

async fn password(scenario: &mut Scenario) {
    let session = sign_in(scenario).await;
    scenario.token = session["accessToken"].as_str().expect("a token").to_owned();
    let again = json!({"password": PASSWORD, "refreshToken": session["refreshToken"]});
    let request = scenario.dressed(scenario.stage.app.post("/api/auth/step-up")).json(&again);
    let stepped_up = scenario.measure("stepUp", "", 200, request).await;
    scenario.token = stepped_up["accessToken"].as_str().expect("a token").to_owned();
    let body = |from: &str, to: &str| json!({"currentPassword": from, "newPassword": to});
    let change = |scenario: &Scenario| scenario.dressed(scenario.stage.app.post("/api/auth/password/change"));
    let request = change(scenario).json(&body(PASSWORD, NEW_PASSWORD));
    scenario.measure("changePassword", "", 204, request).await;
    let request = change(scenario).json(&body(NEW_PASSWORD, PASSWORD));
    scenario.quietly(204, request).await;
    let request =
        scenario.stage.app.post("/api/auth/login").json(&json!({"email": EMAIL, "password": "wrong password"}));
    scenario.measure("login", "a wrong password", 401, request).await;
}

async fn second_factor(scenario: &mut Scenario) {
    let post = |scenario: &Scenario, path: &str| scenario.dressed(scenario.stage.app.post(path));
    let request = post(scenario, "/api/auth/totp/enroll");
    let enrolment = scenario.measure("enrollTotp", "", 200, request).await;
    let code = |scenario: &Scenario| totp_code(&enrolment["secret"], &scenario.stage.backstage.clock);
    let request = post(scenario, "/api/auth/totp/confirm").json(&json!({"code": code(scenario)}));
    let confirmed = scenario.measure("confirmTotp", "", 200, request).await;
    let path = format!("/api/organizations/{}/security", scenario.organization);
    let put = |scenario: &Scenario, required: bool| {
        scenario.dressed(scenario.stage.app.put(&path)).json(&json!({"requireSecondFactor": required}))
    };
    let request = put(scenario, true);
    scenario.measure("replaceOrganizationSecurity", "", 200, request).await;
    let request = put(scenario, false);
    scenario.quietly(200, request).await;
    let request = scenario.get("/api/auth/totp");
    scenario.measure("getTotp", "", 200, request).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let request = scenario.stage.app.post("/api/auth/login").json(&json!({"email": EMAIL, "password": PASSWORD}));
    let refused = scenario.measure("login", "with a second factor", 401, request).await;
    let challenge = &refused["challenge"];
    let second = |body: Value, scenario: &Scenario| scenario.stage.app.post("/api/auth/login/totp").json(&body);
    let request = second(json!({"challenge": challenge, "code": code(scenario)}), scenario);
    scenario.measure("loginWithTotp", "", 200, request).await;
    let recovery_code = &confirmed["recoveryCodes"][0];
    let request = second(json!({"challenge": challenge, "recoveryCode": recovery_code}), scenario);
    scenario.measure("loginWithTotp", "with a recovery code", 200, request).await;
    let request = post(scenario, "/api/auth/totp/recovery-codes");
    scenario.measure("renewRecoveryCodes", "", 200, request).await;
    let request = scenario.dressed(scenario.stage.app.delete("/api/auth/totp"));
    scenario.measure("disableTotp", "", 204, request).await;
}

/// A refresh token that was exchanged is presented again, too late for a mistake.
async fn stolen_token(scenario: &mut Scenario) {
    let session = sign_in(scenario).await;
    let body = json!({"refreshToken": session["refreshToken"]});
    let refresh = |scenario: &Scenario| scenario.stage.app.post("/api/auth/refresh").json(&body);
    let request = refresh(scenario);
    scenario.quietly(200, request).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let request = refresh(scenario);
    scenario.measure("refreshTokens", "a replay", 401, request).await;
}

/// LinkedIn is linked, signs in, and is unlinked; somebody who is not known signs in with it.
async fn linkedin(scenario: &mut Scenario) {
    let member = |name: &str, email: &str| LinkedInMember {
        subject: format!("subject-of-{name}"),
        name: Some("Ada Lovelace".to_owned()),
        email: Some(email.to_owned()),
        email_verified: true,
    };
    let agreed = |scenario: &Scenario, begun: &Value, member: &LinkedInMember| {
        let url = begun["authorizationUrl"].as_str().expect("an address");
        let back = scenario.stage.platform.linkedin.agree(url, member).expect("LinkedIn takes the request");
        let values = back.split(['?', '&']).filter_map(|pair| pair.split_once('='));
        let mut body = json!({"verifier": begun["verifier"]});
        values.for_each(|(name, value)| body[name] = json!(value));
        body
    };
    let sign_in = async |scenario: &mut Scenario, case: &str, status: u16, member: &LinkedInMember| {
        let request = scenario.stage.app.post("/api/auth/linkedin/start");
        let begun = scenario.quietly(200, request).await;
        let body = agreed(scenario, &begun, member);
        let request = scenario.stage.app.post("/api/auth/linkedin/callback").json(&body);
        scenario.measure("signInWithLinkedIn", case, status, request).await;
    };
    let ada = member("ada", EMAIL);
    let request = scenario.dressed(scenario.stage.app.post("/api/auth/linkedin/link/start"));
    let begun = scenario.measure("startLinkedInLink", "", 200, request).await;
    let body = agreed(scenario, &begun, &ada);
    let request = scenario.dressed(scenario.stage.app.post("/api/auth/linkedin/link")).json(&body);
    scenario.measure("linkLinkedIn", "", 201, request).await;
    let request = scenario.get("/api/auth/identities");
    scenario.measure("listIdentities", "", 200, request).await;
    let request = scenario.stage.app.post("/api/auth/linkedin/start");
    scenario.measure("startLinkedInSignIn", "", 200, request).await;
    sign_in(scenario, "", 200, &ada).await;
    sign_in(scenario, "a new account", 201, &member("eve", "eve@cobol.example")).await;
    let request = scenario.dressed(scenario.stage.app.delete("/api/auth/linkedin/link"));
    scenario.measure("unlinkLinkedIn", "", 204, request).await;
}

async fn everywhere(scenario: &mut Scenario) {
    let request = scenario.dressed(scenario.stage.app.post("/api/auth/logout-everywhere"));
    scenario.measure("logoutEverywhere", "", 204, request).await;
    let signed_in = sign_in(scenario).await;
    let text = |name: &str| signed_in[name].as_str().expect("a token").to_owned();
    (scenario.token, scenario.refresh_token) = (text("accessToken"), text("refreshToken"));
}
