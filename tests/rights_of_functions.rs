//! What `template.yaml` lets each function do at AWS is what it does: no right is missing, and none is granted in vain.
//!
//! The platform enforces the template's policies (`embedded::recording`), so that every other test fails where a right is missing on its
//! way. This one goes through every operation and every job, their rare paths included, and compares.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use embedded::template::Template;
use embedded::{WireResponse, WireService};
use groundwork::journal::{Kind, Rights};
use groundwork::operator::{set_plan, set_role};
use serde_json::{Value, json};
use shared::access::{LinkSecrets, PlatformRole};
use shared::ai::AiError;
use shared::event::Event;
use shared::http::{HealthCheck, health_routes};
use shared::id::{EventId, OrganizationId};
use shared::model::projection::Projection;
use shared::plan::PlanName;
use testkit::{Cloud, Overlapping, ScriptedAi, TEMPLATE, TestApp, TestResponse};

use crate::founder::{Founder, PASSWORD};
use crate::harness::TestPlatform;
use crate::main_job::LEADS;

const MINUTE: Duration = Duration::from_secs(60);

/// A table that is away for a while.
#[derive(Clone, Debug)]
struct Moody<S> {
    service: S,
    away: Arc<AtomicBool>,
}

impl<S: WireService> WireService for Moody<S> {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        if self.away.load(Ordering::Relaxed) {
            return WireResponse::internal_error("the table is away");
        }
        self.service.answer(operation, body).await
    }
}

/// Somebody who does everything that there is.
struct Scenario {
    platform: TestPlatform,
    ai: ScriptedAi,
    away: Arc<AtomicBool>,
    ada: Founder,
}

impl Scenario {
    async fn start() -> Self {
        let (dynamodb, away, ai) = (Cloud::table(), Arc::new(AtomicBool::new(false)), ScriptedAi::new());
        let service = Moody { service: Overlapping::in_step(dynamodb.clone()), away: Arc::clone(&away) };
        let client = Cloud::client(&dynamodb, service);
        let platform = TestPlatform::through(dynamodb, client, 1, Arc::new(ai.clone())).await;
        let ada = Founder::register(platform.app(), "Ada").await;
        Self { platform, ai, away, ada }
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> TestResponse {
        let request = self.platform.app().request(method, path).bearer(&self.ada.token);
        let request = request.organization(&self.ada.organization);
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    async fn get(&self, path: &str) -> Value {
        self.send("GET", path, None).await.expect(200)
    }

    async fn post(&self, path: &str, body: Value, status: u16) -> Value {
        self.send("POST", path, Some(body)).await.expect(status)
    }

    fn organization(&self) -> OrganizationId {
        self.ada.organization.parse().unwrap()
    }

    async fn sweep(&self, after: Duration) {
        tokio::time::sleep(after).await;
        self.platform.tick("sweep").await.unwrap();
        self.platform.settle().await;
    }

    /// Every function with HTTP answers for its health, which each asks of the table by itself.
    async fn health(&self) {
        let services = &self.platform.services;
        let health = TestApp::new(health_routes(HealthCheck::of_table(services)).into(), services);
        let functions = Template::read(TEMPLATE).unwrap().functions.into_iter().filter(|(_, it)| it.has_url);
        for function in functions.map(|(name, _)| name).chain(["auth".to_owned()]) {
            let asked = health.get("/api/health").send();
            self.platform.journal.as_function(&function, asked).await.expect(200);
        }
    }

    /// Sign-up happened; sign-in, refreshing, a stolen token, sign-out.
    async fn accounts(&self) {
        let app = self.platform.app();
        let credentials = json!({"email": self.ada.email, "password": PASSWORD});
        let session = app.post("/api/auth/login").json(&credentials).send().await.expect(200);
        let refresh = json!({"refreshToken": session["refreshToken"]});
        app.post("/api/auth/refresh").json(&refresh).send().await.expect(200);
        tokio::time::sleep(MINUTE).await;
        app.post("/api/auth/refresh").json(&refresh).send().await.expect_problem(401, "refresh_token_invalid");
        let session = app.post("/api/auth/login").json(&credentials).send().await.expect(200);
        let token = session["accessToken"].as_str().unwrap();
        assert_eq!(app.post("/api/auth/logout").bearer(token).send().await.status, 204);
        self.get("/api/auth/me").await;
        self.get("/.well-known/jwks.json").await;
    }

    /// The token of the link in the newest mail to an address.
    fn mailed(&self, address: &str) -> String {
        let mail = self.platform.mailbox.mails_to(address).into_iter().next().expect("a mail came");
        let (_, rest) = mail.text.split_once("#token=").expect("the mail has a link");
        rest.lines().next().unwrap().to_owned()
    }

    /// Whatever goes by mail: each link is followed. The end is a new session, since a reset ends the others.
    async fn mails(&mut self) {
        let email = self.ada.email.clone();
        self.platform.settle().await;
        assert_eq!(self.send("POST", "/api/auth/verify-email/request", None).await.status, 202);
        self.platform.lose_messages(&self.platform.sqs.queue_url("groundwork-local-mail")).await;
        self.sweep(3 * MINUTE).await;
        let follow = |path: &'static str, mut body: Value, token: String| {
            body["token"] = json!(token);
            self.platform.app().post(path).json(&body).send()
        };
        assert_eq!(follow("/api/auth/verify-email", json!({}), self.mailed(&email)).await.status, 204);
        let forgotten = json!({"email": email});
        assert_eq!(self.platform.app().post("/api/auth/password/forgot").json(&forgotten).send().await.status, 202);
        self.platform.settle().await;
        let password = json!({"password": PASSWORD});
        assert_eq!(follow("/api/auth/password/reset", password, self.mailed(&email)).await.status, 204);
        let credentials = json!({"email": email, "password": PASSWORD});
        let session = self.platform.app().post("/api/auth/login").json(&credentials).send().await.expect(200);
        let (other, token) = ("ada@lovelace.example", session["accessToken"].as_str().unwrap().to_owned());
        let change = json!({"newEmail": other, "password": PASSWORD});
        let app = self.platform.app();
        let asked = app.post("/api/auth/email/change").bearer(&token).json(&change).send().await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        self.platform.settle().await;
        assert_eq!(follow("/api/auth/email/confirm", json!({}), self.mailed(other)).await.status, 204);
        self.platform.settle().await;
        (self.ada.email, self.ada.token) = (other.to_owned(), token);
    }

    async fn organizations_and_ventures(&mut self) {
        let made = self.post("/api/organizations", json!({"name": "Engines"}), 201).await;
        self.ada.organization = made["id"].as_str().unwrap().to_owned();
        self.get("/api/organizations").await;
        self.get(&format!("/api/organizations/{}", self.ada.organization)).await;
        // On AWS no function has what another remembers.
        self.platform.services.access.clear();
        let venture = json!({"name": "Engine", "stage": "idea", "category": "Hardware", "description": "Computes."});
        let made = self.ada.post("/api/ventures/create", "once", &venture).await.expect(201);
        let again = self.ada.post("/api/ventures/create", "once", &venture).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        self.get("/api/ventures").await;
        self.get(&format!("/api/ventures/{}", made["id"].as_str().unwrap())).await;
        self.get("/api/activity").await;
    }

    /// Everything that members do with an organisation and with each other, up to its end.
    async fn members(&self) {
        let grace = Founder::register(self.platform.app(), "Grace").await;
        let own = format!("/api/organizations/{}", self.ada.organization);
        let put =
            async |path: &str, body: Value| self.send("PUT", &format!("{own}{path}"), Some(body)).await.expect(200);
        put("", json!({"name": "Engines and Looms"})).await;
        put("/ai-configuration", json!({"tone": "warm"})).await;
        self.get(&format!("{own}/ai-configuration")).await;
        self.get(&format!("{own}/usage")).await;
        let links = LinkSecrets::new(self.platform.services.clone());
        let invited = async || {
            let body = json!({"email": grace.email, "role": "member"});
            let made = self.post(&format!("{own}/invitations"), body, 201).await;
            let id = made["id"].as_str().unwrap();
            let token = links.invitation_token(self.organization(), id.parse().unwrap()).await.unwrap();
            (format!("{own}/invitations/{id}"), json!({"token": token.text()}))
        };
        let (_, token) = invited().await;
        self.post("/api/invitations/view", token.clone(), 200).await;
        assert_eq!(self.send("POST", "/api/invitations/decline", Some(token)).await.status, 204);
        let (path, _) = invited().await;
        self.get(&format!("{own}/invitations")).await;
        self.send("POST", &format!("{path}/resend"), None).await.expect(200);
        assert_eq!(self.send("DELETE", &path, None).await.status, 204);
        let accept = async || {
            let (_, token) = invited().await;
            let accepted = self.platform.app().post("/api/invitations/accept").bearer(&grace.token).json(&token);
            accepted.send().await.expect(200);
        };
        accept().await;
        let members = self.get(&format!("{own}/members")).await;
        let of = |role: &str| {
            let mut members = members["data"].as_array().unwrap().iter();
            members.find(|member| member["role"] == role).unwrap()["userId"].clone()
        };
        let member = format!("/members/{}", of("member").as_str().unwrap());
        put(&member, json!({"role": "admin"})).await;
        let transfer = format!("{own}/transfer-ownership");
        self.post(&transfer, json!({"userId": of("member")}), 200).await;
        let back = self.platform.app().post(&transfer).bearer(&grace.token).json(&json!({"userId": of("owner")}));
        back.send().await.expect(200);
        let leave = self.platform.app().post(&format!("{own}/leave")).bearer(&grace.token);
        assert_eq!(leave.send().await.status, 204);
        accept().await;
        assert_eq!(self.send("DELETE", &format!("{own}{member}"), None).await.status, 204);
        assert_eq!(self.send("DELETE", &own, None).await.status, 204);
        self.send("POST", &format!("{own}/restore"), None).await.expect(200);
        self.platform.settle().await;
    }

    /// An organisation that was deleted is gone a month later.
    async fn purge(&self) {
        let made = self.post("/api/organizations", json!({"name": "Looms"}), 201).await;
        let own = format!("/api/organizations/{}", made["id"].as_str().unwrap());
        assert_eq!(self.send("DELETE", &own, None).await.status, 204);
        self.platform.settle().await;
        tokio::time::sleep(31 * 24 * 60 * MINUTE).await;
        assert_eq!(self.platform.tick("purge").await.unwrap()["purged"], 1);
        self.platform.settle().await;
    }

    /// Leads come by file and by hand, become known by another address, and go, with what was noted about them.
    async fn leads(&self) {
        self.ada.import(LEADS).await.expect(200);
        let lead = self.post("/api/crm/leads", json!({"name": "Mary", "email": "mary@stars.example"}), 201).await;
        let path = format!("/api/crm/leads/{}", lead["id"].as_str().unwrap());
        self.get(&path).await;
        self.get("/api/crm/leads?status=new").await;
        self.get("/api/crm/leads").await;
        let details = json!({"name": "Mary Somerville", "email": "mary@sciences.example"});
        self.send("PUT", &path, Some(details)).await.expect(200);
        self.post("/api/tasks", json!({"kind": "lead_followup", "leadId": lead["id"]}), 201).await;
        self.platform.settle().await;
        let notes = self.get(&format!("{path}/activities")).await;
        assert_eq!(notes["data"].as_array().unwrap().len(), 1);
        assert_eq!(self.send("DELETE", &path, None).await.status, 204);
        self.platform.settle().await;
    }

    /// People write of themselves, get to know each other, endorse, part and block; operators make and suspend accounts.
    async fn people(&self) {
        let app = self.platform.app();
        let eve = Founder::register(app, "Eve").await;
        let id = |organization: &str| organization.replacen("org_", "usr_", 1);
        let ada = self.get("/api/auth/me").await["user"]["id"].as_str().unwrap().to_owned();
        let (ada, eve_path) = (format!("/api/users/{ada}"), format!("/api/users/{}", id(&eve.organization)));
        let profile = json!({"name": "Ada Lovelace", "city": "London", "role": "founder", "timeZone": "UTC"});
        self.send("PUT", &ada, Some(profile)).await.expect(200);
        let skill = self.post(&format!("{ada}/skills"), json!({"name": "Rust"}), 201).await;
        let skill = format!("{ada}/skills/{}", skill["id"].as_str().unwrap());
        let entry = self.post(&format!("{ada}/portfolio"), json!({"title": "Engine"}), 201).await;
        let entry = format!("{ada}/portfolio/{}", entry["id"].as_str().unwrap());
        self.send("PUT", &entry, Some(json!({"title": "Engines"}))).await.expect(200);
        self.send("PUT", &format!("{ada}/privacy"), Some(json!({"skills": "connections"}))).await.expect(200);

        let by_eve = async |method: &str, path: &str, status: u16| {
            let answer = app.request(method, path).bearer(&eve.token).send().await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        };
        by_eve("GET", &ada, 200).await;
        by_eve("POST", &format!("{ada}/connection"), 200).await;
        self.send("POST", &format!("{eve_path}/connection/decline"), None).await;
        by_eve("POST", &format!("{ada}/connection"), 200).await;
        self.send("POST", &format!("{eve_path}/connection/accept"), None).await.expect(200);
        by_eve("GET", "/api/users/connections", 200).await;
        by_eve("GET", &format!("{ada}/connections/mutual"), 200).await;
        for (method, status) in [("POST", 200), ("DELETE", 204), ("POST", 200)] {
            by_eve(method, &format!("{skill}/endorsement"), status).await;
        }
        by_eve("GET", &format!("{ada}/skills"), 200).await;
        by_eve("GET", &format!("{ada}/portfolio"), 200).await;
        by_eve("GET", "/api/users?name=ada", 200).await;
        by_eve("DELETE", &format!("{ada}/connection"), 204).await;
        for method in ["POST", "DELETE"] {
            self.send(method, &format!("{eve_path}/block"), None).await;
        }
        for path in [&skill, &entry] {
            assert_eq!(self.send("DELETE", path, None).await.status, 204);
        }
        for rest in ["/privacy", "/activity", "/activity/analytics"] {
            self.get(&format!("{ada}{rest}")).await;
        }
        set_role(&self.platform.services, &self.ada.email, Some(PlatformRole::Admin)).await.unwrap();
        self.post("/api/users/create", json!({"email": "mary@example.com", "name": "Mary"}), 201).await;
        for rest in ["suspend", "reinstate"] {
            let answer = self.send("POST", &format!("{eve_path}/{rest}"), None).await;
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        self.platform.services.access.clear();
        // Eve knows Ada again when she goes, so that the purge has something to do for others.
        by_eve("POST", &format!("{ada}/connection"), 200).await;
        self.send("POST", &format!("{eve_path}/connection/accept"), None).await.expect(200);
        let skill = self.post(&format!("{ada}/skills"), json!({"name": "Rust"}), 201).await;
        let skill = format!("{ada}/skills/{}", skill["id"].as_str().unwrap());
        self.send("PUT", &format!("{ada}/privacy"), Some(json!({}))).await.expect(200);
        by_eve("POST", &format!("{skill}/endorsement"), 200).await;
        by_eve("GET", &format!("{eve_path}/export"), 200).await;
        by_eve("DELETE", &eve_path, 202).await;
        self.platform.settle().await;
        tokio::time::sleep(10 * MINUTE).await;
        assert_eq!(self.platform.tick("purge").await.unwrap()["erased"], 1);
        self.platform.settle().await;
        assert!(self.get(&format!("{ada}/skills")).await["data"][0]["endorsements"] == 0);
    }

    async fn chat(&self) {
        let said = self.post("/api/chat/message", json!({"message": "Hello"}), 200).await;
        drop(self.ai.clone().unavailable());
        let again = json!({"message": "Hello", "conversationId": said["conversationId"]});
        assert_eq!(self.send("POST", "/api/chat/message", Some(again)).await.status, 503);
        self.get("/api/chat/conversations").await;
        self.get(&format!("/api/chat/conversations/{}/messages", said["conversationId"].as_str().unwrap())).await;
    }

    /// Tasks that are called off, that lose their lead, that fail for a while, and that fail for good and are tried again.
    async fn tasks(&self) {
        let post = || self.post("/api/tasks", json!({"kind": "social_media_post"}), 201);
        let path = |task: &Value| format!("/api/tasks/{}", task["id"].as_str().unwrap());
        let task = post().await;
        self.send("POST", &format!("{}/cancel", path(&task)), None).await.expect(200);

        let lead = self.post("/api/crm/leads", json!({"name": "Gone"}), 201).await;
        let task = self.post("/api/tasks", json!({"kind": "lead_followup", "leadId": lead["id"]}), 201).await;
        let lead = format!("/api/crm/leads/{}", lead["id"].as_str().unwrap());
        assert_eq!(self.send("DELETE", &lead, None).await.status, 204);
        self.platform.settle().await;
        assert_eq!(self.get(&path(&task)).await["error"]["code"], "lead_gone");

        drop(self.ai.clone().unavailable());
        let task = post().await;
        self.platform.settle().await;
        assert_eq!(self.get(&path(&task)).await["status"], "PENDING");
        self.sweep(MINUTE).await;
        assert_eq!(self.get(&path(&task)).await["status"], "COMPLETED");

        drop(self.ai.clone().fails(AiError::Refused { usage: shared::ai::Usage::default() }));
        let task = post().await;
        self.platform.settle().await;
        assert_eq!(self.get(&path(&task)).await["status"], "FAILED");
        self.send("POST", &format!("{}/retry", path(&task)), None).await.expect(200);
        self.platform.settle().await;
        assert_eq!(self.get("/api/tasks?status=COMPLETED").await["data"].as_array().unwrap().len(), 3);
    }

    async fn engine(&self) {
        set_plan(&self.platform.services, self.organization(), PlanName::Pro).await.unwrap();
        let analysis = self.post("/api/agentic/analyze", json!({}), 200).await;
        assert_eq!(analysis["actions"].as_array().unwrap().len(), 4);
        self.platform.settle().await;
        tokio::time::sleep(60 * MINUTE).await;
        self.platform.tick("agentic-run").await.unwrap();
        self.platform.settle().await;
        set_role(&self.platform.services, &self.ada.email, Some(PlatformRole::Support)).await.unwrap();
        self.get("/api/analytics/platform").await;
    }

    async fn poisoned_messages(&self) {
        let client = self.platform.sqs.client();
        for queue in ["groundwork-local-tasks", "groundwork-local-agentic", "groundwork-local-mail"] {
            let send = client.send_message().queue_url(self.platform.sqs.queue_url(queue)).message_body("{}");
            send.send().await.unwrap();
            self.platform.settle().await;
            assert_eq!(self.platform.take_dead_letters(&format!("{queue}-dead-letters")).await, 1);
        }
    }

    /// An event that nobody can read fails, is brought back by the sweep, fails again, and is given up when it is gone.
    async fn failed_projections(&self) {
        let event = self.platform.services.ids.next::<EventId>();
        let key = Event::key_of(self.organization(), event);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let client = self.platform.dynamodb.client();
        let put = client.put_item().table_name("groundwork-local-platform").item("pk", text(&key.pk));
        put.item("sk", text(&key.sk)).item("entity", text("event")).send().await.unwrap();
        self.platform.settle().await;
        let store = &self.platform.services.store;
        let attempts = async || Projection::read(store, event).await.unwrap().failure.map(|failure| failure.attempts);
        assert_eq!(attempts().await, Some(1));
        self.sweep(MINUTE).await;
        assert_eq!(attempts().await, Some(2));
        let delete = client.delete_item().table_name("groundwork-local-platform").key("pk", text(&key.pk));
        delete.key("sk", text(&key.sk)).send().await.unwrap();
        self.sweep(10 * MINUTE).await;
        assert_eq!(attempts().await, None);
    }

    /// While the table is away nothing can be projected, nor can that be noted: the stream's record is given up.
    async fn poisoned_record(&self) {
        self.post("/api/crm/leads", json!({"name": "Nobody"}), 201).await;
        self.away.store(true, Ordering::Relaxed);
        self.platform.drain().await.unwrap();
        self.away.store(false, Ordering::Relaxed);
        self.platform.settle().await;
        assert_eq!(self.platform.take_dead_letters("groundwork-local-jobs-dead-letters").await, 1);
    }

    /// DynamoDB removes what has expired, which concerns no function.
    async fn expiry(&self) {
        tokio::time::sleep(8 * 24 * 60 * MINUTE).await;
        let now = self.platform.services.clock.now();
        assert!(self.platform.dynamodb.sweep_expired(now.as_milliseconds()).await.unwrap() > 10);
        self.platform.settle().await;
        self.sweep(MINUTE).await;
    }
}

impl Drop for Scenario {
    /// A function without a right fails before the end, and only says that it does: here is why.
    fn drop(&mut self) {
        let journal = &self.platform.journal;
        let missing = shown(&journal.rights_used(), &journal.rights_granted());
        if std::thread::panicking() && !missing.is_empty() {
            eprintln!("template.yaml does not grant {missing:#?}");
        }
    }
}

/// The operations of the OpenAPI document but the health, which is the host's.
fn operations() -> BTreeSet<String> {
    let document = serde_json::to_value(groundwork::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter().filter(|(path, _)| *path != "/api/health");
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys().filter(|key| *key != "servers");
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

fn shown(rights: &Rights, without: &Rights) -> Vec<String> {
    let only = rights.difference(without);
    only.map(|(function, right)| format!("{function} {} {}", right.action, right.resource)).collect()
}

#[tokio::test(start_paused = true)]
async fn every_right_that_is_granted_is_used_and_no_other_is_needed() {
    let mut scenario = Scenario::start().await;
    scenario.health().await;
    scenario.accounts().await;
    scenario.mails().await;
    scenario.organizations_and_ventures().await;
    scenario.members().await;
    scenario.people().await;
    scenario.chat().await;
    scenario.leads().await;
    scenario.tasks().await;
    scenario.engine().await;
    scenario.poisoned_messages().await;
    scenario.failed_projections().await;
    scenario.poisoned_record().await;
    scenario.purge().await;
    scenario.expiry().await;

    let journal = &scenario.platform.journal;
    let entries = journal.entries(None);
    let called = entries.iter().filter(|entry| entry.kind == Kind::Http).map(|entry| entry.source.clone());
    assert_eq!(called.collect::<BTreeSet<_>>(), operations());
    let ran = entries.iter().map(|entry| entry.function.clone()).collect::<BTreeSet<_>>();
    let functions = Template::read(TEMPLATE).unwrap().functions.into_keys().chain(["auth".to_owned()]);
    assert_eq!(ran, functions.collect());
    let denied = entries.iter().flat_map(|entry| &entry.calls).filter(|call| call.denied).count();
    let (granted, used) = (journal.rights_granted(), journal.rights_used());
    assert_eq!(shown(&used, &granted), [""; 0], "needed and not granted");
    assert_eq!(shown(&granted, &used), [""; 0], "granted and not needed");
    assert_eq!(denied, 0, "a condition of a policy stood in the way");
}
