//! What the tests of this function share.

use auth::{Deps, router};
use axum::Router;
use axum::body::Bytes;
use embedded::{WireResponse, WireService};
use serde_json::{Value, json};
use shared::http::{HealthCheck, health_routes};
use testkit::{Cloud, FaultPlan, FaultyDynamoDb, TestApp, Workers};

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
        let table = cloud.dynamodb.clone();
        Self::through(cloud, table)
    }

    /// The function on a table whose requests suffer the faults that follow from `plan`'s seed.
    pub(crate) fn with_faults(plan: FaultPlan) -> Self {
        let cloud = Cloud::with_faults(plan);
        let table = FaultyDynamoDb::new(cloud.dynamodb.clone(), plan);
        Self::through(cloud, table)
    }

    /// The function on a table that fails whatever it is asked.
    pub(crate) fn without_table() -> Self {
        Self::through(Cloud::through(Cloud::table(), NoTable), NoTable)
    }

    /// The function's router in this process, or its Worker, which `table` answers as it does `cloud`'s services.
    fn through(cloud: Cloud, table: impl WireService) -> Self {
        let services = &cloud.services;
        let app = if let Some(workers) = Workers::of_environment() {
            workers.instance(&services.clock, table)
        } else {
            let health: Router = health_routes(HealthCheck::of_table(services)).into();
            let routes: Router = router().with_state(Deps::new(services.clone())).into();
            TestApp::new(routes.merge(health), services)
        };
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
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    match &answer[name] {
        Value::String(text) => text,
        other => panic!("{name} is {other}"),
    }
}

/// A table that fails whatever it is asked.
#[derive(Clone, Debug)]
struct NoTable;

impl WireService for NoTable {
    async fn answer(&self, _: &str, _: Bytes) -> WireResponse {
        WireResponse::internal_error("it is gone")
    }
}
