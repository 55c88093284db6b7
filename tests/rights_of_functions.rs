//! What `template.yaml` lets each function do at AWS is what it does: no right is missing, and none is granted in vain.
//!
//! The platform enforces the template's policies (`embedded::recording`), so that every other test fails where a right is missing on its
//! way. This one goes through every operation and every job, their rare paths included, and compares.

mod accounts;
mod billing;
mod failures;
mod money;
mod organizations;
mod work;

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
        let health = TestApp::new(health_routes().with_state(HealthCheck::of_table(services)), services);
        let functions = Template::read(TEMPLATE).unwrap().functions.into_iter().filter(|(_, it)| it.has_url);
        for function in functions.map(|(name, _)| name).chain(["auth".to_owned()]) {
            let asked = health.get("/api/health").send();
            self.platform.journal.as_function(&function, asked).await.expect(200);
        }
    }

    /// The token of the link in the newest mail to an address.
    fn mailed(&self, address: &str) -> String {
        let mail = self.platform.mailbox.mails_to(address).into_iter().next().expect("a mail came");
        let (_, rest) = mail.text.split_once("#token=").expect("the mail has a link");
        rest.lines().next().unwrap().to_owned()
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
    // Boxed: side by side the steps are more than a test's stack holds.
    Box::pin(scenario.health()).await;
    Box::pin(scenario.accounts()).await;
    Box::pin(scenario.mails()).await;
    Box::pin(scenario.linkedin()).await;
    Box::pin(scenario.organizations_and_ventures()).await;
    Box::pin(scenario.members()).await;
    Box::pin(scenario.webhooks()).await;
    Box::pin(scenario.billing()).await;
    Box::pin(scenario.told_by_vendors()).await;
    Box::pin(scenario.people()).await;
    Box::pin(scenario.files()).await;
    Box::pin(scenario.money()).await;
    Box::pin(scenario.chat()).await;
    Box::pin(scenario.leads()).await;
    Box::pin(scenario.tasks()).await;
    Box::pin(scenario.engine()).await;
    Box::pin(scenario.campaigns()).await;
    Box::pin(scenario.poisoned_messages()).await;
    Box::pin(scenario.failed_projections()).await;
    Box::pin(scenario.poisoned_record()).await;
    Box::pin(scenario.purge()).await;
    Box::pin(scenario.keys()).await;
    // Months have passed meanwhile.
    scenario.ada.sign_in().await;
    Box::pin(scenario.expiry()).await;

    let journal = &scenario.platform.journal;
    let entries = journal.entries(None);
    let called = entries.iter().filter(|entry| entry.kind == Kind::Http).map(|entry| entry.source.clone());
    assert_eq!(called.collect::<BTreeSet<_>>(), operations());
    let ran = entries.iter().map(|entry| entry.function.clone()).collect::<BTreeSet<_>>();
    let functions = Template::read(TEMPLATE).unwrap().functions.into_keys().chain(["auth".to_owned()]);
    assert_eq!(ran, functions.collect());
    let denied = entries.iter().flat_map(|entry| &entry.calls).filter(|call| call.denied).count();
    let mut used = journal.rights_used();
    used.extend(scenario.platform.s3.rights_used());
    let granted = journal.rights_granted();
    assert_eq!(shown(&used, &granted), [""; 0], "needed and not granted");
    assert_eq!(shown(&granted, &used), [""; 0], "granted and not needed");
    assert_eq!(denied, 0, "a condition of a policy stood in the way");
}
