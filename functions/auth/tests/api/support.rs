//! What the tests of this function share.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use auth::{BreachedPasswords, Deps, router};
use axum::Router;
use axum::body::Bytes;
use embedded::{WireResponse, WireService};
use http::{Request, Response};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use shared::event::Event;
use shared::http::{HealthCheck, health_routes};
use shared::id::UserId;
use shared::outbound::{Answer, Outbound, OutboundError, OutboundHttp};
use shared::store::Listing;
use testkit::{Cloud, FaultPlan, FaultyDynamoDb, TestApp, TestResponse, Workers};

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

    /// The function with something that knows passwords from breaches. None for a Worker, whose way out is no test's to hold: the cases of
    /// `infra/edge` look at that one.
    pub(crate) fn with_breaches(breaches: &Breaches) -> Option<Self> {
        if Workers::of_environment().is_some() {
            return None;
        }
        let cloud = Cloud::new();
        let services = &cloud.services;
        let variables = [("HIBP_BASE_URL".to_owned(), "https://breaches.example/base/".to_owned())];
        let outbound: Outbound = Arc::new(breaches.clone());
        let breached = BreachedPasswords::read(&variables.into_iter().collect(), &outbound).expect("an address");
        let deps = Deps::new(services.clone()).with_breached_passwords(breached);
        let app = TestApp::new(router().with_state(deps).into(), services);
        Some(Self { cloud, app })
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

    /// Signs `<name>@example.com` in; the answer.
    pub(crate) async fn login(&self, name: &str) -> Value {
        let body = json!({"email": format!("{name}@example.com"), "password": PASSWORD});
        self.app.post("/api/auth/login").json(&body).send().await.expect(200)
    }

    /// Who these tokens say the caller is.
    pub(crate) async fn me(&self, tokens: &Value) -> TestResponse {
        self.app.get("/api/auth/me").bearer(text(tokens, "accessToken")).send().await
    }
}

/// The events of the account that `tokens` are of, the newest first.
pub(crate) async fn events(auth: &Auth, tokens: &Value) -> Vec<Event> {
    let account = text(tokens, "refreshToken").split('.').next().expect("a token names its account");
    let user_id: UserId = account.parse().expect("an account");
    let listing = Listing::of_partition(Event::partition(user_id.personal_organization())).newest_first();
    let events = auth.cloud.services.store.list::<Event>(&listing, None).await.expect("the table answers");
    events.data.into_iter().map(|event| event.value).collect()
}

/// The range API of Have I Been Pwned, as far as one can see of it from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breaches(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    hashes: Vec<String>,
    status: Option<u16>,
    is_silent: bool,
    asked: Vec<String>,
}

impl Breaches {
    pub(crate) fn of(passwords: &[&str]) -> Self {
        let hash = |password: &&str| {
            let digest = Sha1::digest(password.as_bytes());
            digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02X}"))
        };
        let hashes = passwords.iter().map(hash).collect();
        Self(Arc::new(Mutex::new(Known { hashes, ..Known::default() })))
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.known().asked.clone()
    }

    pub(crate) fn answer_with(&self, status: u16) {
        self.known().status = Some(status);
    }

    pub(crate) fn fall_silent(&self) {
        self.known().is_silent = true;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("no test panics while holding it")
    }
}

impl OutboundHttp for Breaches {
    fn send(&self, request: Request<Bytes>, deadline: Duration) -> Answer {
        let mut known = self.known();
        assert_eq!(request.headers()["add-padding"], "true");
        let path = request.uri().path().to_owned();
        known.asked.push(path.clone());
        let prefix = path.rsplit('/').next().unwrap_or_default().to_owned();
        let rows = known.hashes.iter().filter_map(|hash| Some(format!("{}:3", hash.strip_prefix(&prefix)?)));
        let padding = known.hashes.iter().map(|hash| format!("{}:0", &hash[5..]));
        let body = padding.chain(rows).collect::<Vec<_>>().join("\r\n");
        let status = known.status.unwrap_or(200);
        let is_silent = known.is_silent;
        Box::pin(async move {
            if is_silent {
                tokio::time::sleep(deadline).await;
                return Err(OutboundError::TimedOut(deadline));
            }
            Ok(Response::builder().status(status).body(Bytes::from(body)).expect("a response"))
        })
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
