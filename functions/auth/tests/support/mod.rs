//! What the tests of this function share.

use auth::{Deps, router};
use serde_json::{Value, json};
use testkit::{Cloud, TestApp};

/// The password of everybody that [`Auth::register`] registers.
pub(crate) const PASSWORD: &str = "correct horse";

/// The function on a table of its own.
pub(crate) struct Auth {
    pub(crate) cloud: Cloud,
    pub(crate) app: TestApp,
}

impl Auth {
    pub(crate) fn new() -> Self {
        Self::on(Cloud::new())
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
