//! What the tests of this function share.

use auth::{Deps, router};
use axum::Router;
use axum::body::Bytes;
use embedded::{Breaches, EmbeddedDynamoDb, LinkedIn, WireResponse, WireService};
use serde_json::{Value, json};
use shared::access::LinkSecrets;
use shared::event::{Event, Fact};
use shared::http::{HealthCheck, health_routes};
use shared::id::UserId;
use shared::model::credential::Credential;
use shared::model::link::LinkPurpose;
use shared::store::Listing;
use testkit::{Cloud, FaultPlan, FaultyDynamoDb, TestApp, TestResponse, Workers};
use vendors::breached_passwords::BreachedPasswords;
use vendors::http::Http;

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
        let cloud = Cloud::new();
        let variables = [("HIBP_BASE_URL".to_owned(), "https://breaches.example/base/".to_owned())];
        let http = Http::new(breaches.connector(), cloud.services.clock.clone());
        let breached = BreachedPasswords::read(&variables.into_iter().collect(), http).expect("an address");
        Self::in_this_process(cloud, |deps| deps.with_breached_passwords(breached))
    }

    /// The function with LinkedIn, and who stands in its place; none for a Worker, likewise.
    pub(crate) fn with_linkedin(cloud: Cloud) -> Option<(Self, LinkedIn)> {
        let clock = cloud.services.clock.clone();
        let time = clock.clone();
        let linkedin = LinkedIn::new(move || time.now().as_seconds());
        let variables = [
            ("LINKEDIN_CLIENT_ID", LinkedIn::CLIENT_ID),
            ("LINKEDIN_CLIENT_SECRET", LinkedIn::CLIENT_SECRET),
            ("LINKEDIN_BASE_URL", "https://linkedin.example"),
            ("LINKEDIN_API_BASE_URL", "https://api.linkedin.example"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let http = Http::new(linkedin.connector(), clock);
        let client = vendors::linkedin::LinkedIn::read(&variables, http, Some("https://app.example.com"));
        let client = client.expect("the configuration is complete");
        let auth = Self::in_this_process(cloud, |deps| deps.with_linkedin(client))?;
        Some((auth, linkedin))
    }

    fn in_this_process(cloud: Cloud, dressed: impl FnOnce(Deps) -> Deps) -> Option<Self> {
        if Workers::of_environment().is_some() {
            return None;
        }
        let deps = dressed(Deps::new(cloud.services.clone()));
        let app = TestApp::new(router().with_state(deps), &cloud.services);
        Some(Self { cloud, app })
    }

    /// The function on a table that fails whatever it is asked.
    pub(crate) fn without_table() -> Self {
        Self::through(Cloud::through(Cloud::table(), NoTable), NoTable)
    }

    /// The function's router in this process, or its Worker, which `table` answers as it does `cloud`'s services.
    pub(crate) fn through(cloud: Cloud, table: impl WireService) -> Self {
        let services = &cloud.services;
        let app = if let Some(workers) = Workers::of_environment() {
            workers.instance(&services.clock, table)
        } else {
            let health = health_routes().with_state(HealthCheck::of_table(services));
            let routes: Router = router().with_state(Deps::new(services.clone()));
            TestApp::new(routes.merge(health), services)
        };
        Self { cloud, app }
    }

    /// The facts of an account's trail, the oldest first.
    pub(crate) async fn facts(&self, user: UserId) -> Vec<Fact> {
        let listing = Listing::of_partition(Event::partition(user.personal_organization())).limit(100);
        let events = self.cloud.services.store.list::<Event>(&listing, None).await.expect("the table answers");
        events.data.into_iter().map(|event| event.value.fact).collect()
    }

    /// The token that the newest mail of this purpose to an account carries, as the mailer derives it.
    pub(crate) async fn mailed(&self, user: UserId, purpose: LinkPurpose) -> String {
        let asked = self.facts(user).await.into_iter().rev().find_map(|fact| match (purpose, fact) {
            (LinkPurpose::VerifyEmail, Fact::EmailVerificationRequested { link_id, .. })
            | (LinkPurpose::ResetPassword, Fact::PasswordResetRequested { link_id, .. })
            | (LinkPurpose::ChangeEmail, Fact::EmailChangeRequested { link_id, .. }) => Some(link_id),
            _ => None,
        });
        let links = LinkSecrets::new(self.cloud.services.clone());
        links.link_token(purpose, asked.expect("a mail was asked for")).await.expect("the table answers").text()
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

    /// Presents these credentials again in the session of these tokens.
    pub(crate) async fn step_up(&self, tokens: &Value, mut credentials: Value) -> TestResponse {
        credentials["refreshToken"] = tokens["refreshToken"].clone();
        let request = self.app.post("/api/auth/step-up").bearer(text(tokens, "accessToken"));
        request.json(&credentials).send().await
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

/// The account that an answer is about.
#[track_caller]
pub(crate) fn user_of(answer: &Value) -> UserId {
    text(&answer["user"], "id").parse().expect("an id")
}

/// Tokens that look like this one and are not: forged, cut, spelt otherwise.
pub(crate) fn forgeries(token: &str) -> Vec<String> {
    let (id, code) = token.split_once('.').expect("a token has two parts");
    let flipped = if code.starts_with('A') { "B" } else { "A" };
    vec![
        format!("{id}.{flipped}{}", code.get(1..).expect("ASCII")),
        format!("01KAGR3V0R0000000000000000.{code}"),
        format!("{id}.{}", "A".repeat(43)),
        format!("{id}."),
        format!("{id}.{code}="),
        format!("{id}.{code}A"),
        format!("{}.{code}", id.to_lowercase()),
        format!(" {token}"),
        format!("lnk_{token}"),
        id.to_owned(),
        "x".to_owned(),
    ]
}

/// A text in an answer.
#[track_caller]
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    match &answer[name] {
        Value::String(text) => text,
        other => panic!("{name} is {other}"),
    }
}

/// A table in which an account's password is another at the very moment at which the next command is to be committed.
#[derive(Clone, Debug)]
pub(crate) struct ResetMeanwhile {
    pub(crate) table: EmbeddedDynamoDb,
    pub(crate) user: UserId,
}

impl WireService for ResetMeanwhile {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        if operation == "TransactWriteItems" {
            let key = Credential::key_of(self.user);
            let reset = json!({
                "TableName": "groundwork-local-platform",
                "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
                "UpdateExpression": "ADD version :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            });
            let answer = self.table.dispatch("UpdateItem", reset.to_string().as_bytes());
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        self.table.answer(operation, body).await
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
