//! What the tests of this function share.

use auth::{Deps, router};
use bytes::Bytes;
use embedded::wire::WireConnector;
use embedded::{EmbeddedDynamoDb, WireResponse, WireService};
use serde_json::{Value, json};
use shared::config::PlatformConfig;
use shared::services::Services;
use testkit::{Cloud, TestApp};

/// The password of everybody that [`Auth::register`] registers.
pub(crate) const PASSWORD: &str = "correct horse";

/// A table that lets others go first, before it does something and before it answers: commands that are sent at once overlap, as they
/// do where the table is another machine.
#[derive(Clone, Debug)]
struct Overlapping(EmbeddedDynamoDb);

impl WireService for Overlapping {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        tokio::task::yield_now().await;
        let response = self.0.answer(operation, body).await;
        tokio::task::yield_now().await;
        response
    }
}

/// The function on a table of its own.
pub(crate) struct Auth {
    pub(crate) cloud: Cloud,
    pub(crate) app: TestApp,
}

impl Auth {
    pub(crate) fn new() -> Self {
        let Cloud { dynamodb, services } = Cloud::new();
        let connector = WireConnector(Overlapping(dynamodb.clone()));
        let client = aws_sdk_dynamodb::Client::from_conf(dynamodb.config().http_client(connector).build());
        let config = PlatformConfig::clone(&services.config);
        let services = Services::new(client, services.clock.clone(), services.ids.clone(), config);
        Self::on(Cloud { dynamodb, services })
    }

    /// The function on this table: an instance of its own, which remembers nothing of others.
    pub(crate) fn on(cloud: Cloud) -> Self {
        let app = TestApp::new(router().with_state(Deps::new(cloud.services.clone())).into(), &cloud.services);
        Self { cloud, app }
    }

    /// Registers `<name>@example.com`; the answer.
    pub(crate) async fn register(&self, name: &str) -> Value {
        let body = json!({"email": format!("{name}@example.com"), "password": PASSWORD, "name": name});
        self.app.post("/api/auth/register").json(&body).send().await.expect(201)
    }
}

/// A text in an answer.
#[track_caller]
#[expect(clippy::panic, reason = "in tests a failed expectation is a failed test")]
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    match &answer[name] {
        Value::String(text) => text,
        other => panic!("{name} is {other}"),
    }
}
