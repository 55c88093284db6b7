//! People who try everything.

use embedded::S3;
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::event::Event;
use shared::id::UserId;
use shared::store::Listing;
use testkit::{Caller, Cloud, TestApp, TestResponse};
use users::{Deps, router};
use vendors::s3::Bucket;

/// The function, and the table that it has.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) app: TestApp,
    /// Where pictures are.
    pub(crate) s3: S3,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Cloud::new())
    }

    pub(crate) fn on(cloud: Cloud) -> Self {
        let s3 = cloud.bucket();
        let bucket = Bucket::read(&s3.variables("users", S3::ENDPOINT).into_iter().collect()).unwrap();
        let app = TestApp::new(router().with_state(Deps::new(cloud.services.clone(), bucket)), &cloud.services);
        Self { cloud, app, s3 }
    }

    pub(crate) async fn person(&self, name: &str) -> Caller {
        self.cloud.caller(name).await
    }

    /// An operator of the platform.
    pub(crate) async fn operator(&self, role: PlatformRole) -> Caller {
        let operator = self.cloud.caller(&format!("Operator {role:?}")).await;
        self.cloud.set_platform_role(&operator, role).await;
        operator
    }

    pub(crate) async fn send(&self, by: &Caller, method: &str, path: &str, body: Option<Value>) -> TestResponse {
        let request = self.app.request(method, path).by(by);
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    pub(crate) async fn get(&self, by: &Caller, path: &str) -> Value {
        self.send(by, "GET", path, None).await.expect(200)
    }

    /// What `by` sees of somebody.
    pub(crate) async fn look(&self, by: &Caller, at: &Caller) -> Value {
        self.get(by, &path(at, "")).await
    }

    /// Writes somebody's profile.
    pub(crate) async fn profile(&self, of: &Caller, profile: Value) -> Value {
        self.send(of, "PUT", &path(of, ""), Some(profile)).await.expect(200)
    }

    pub(crate) async fn privacy(&self, of: &Caller, privacy: Value) -> Value {
        self.send(of, "PUT", &path(of, "/privacy"), Some(privacy)).await.expect(200)
    }

    /// One step of `by` about somebody; the status.
    pub(crate) async fn step(&self, by: &Caller, method: &str, about: &Caller, rest: &str) -> TestResponse {
        self.send(by, method, &path(about, rest), None).await
    }

    /// Connects two people.
    pub(crate) async fn connect(&self, one: &Caller, other: &Caller) {
        self.step(one, "POST", other, "/connection").await.expect(200);
        let connected = self.step(other, "POST", one, "/connection/accept").await.expect(200);
        assert_eq!(connected["state"], "connected");
    }

    /// Who is found, in the order of their names.
    pub(crate) async fn search(&self, by: &Caller, query: &str) -> Vec<String> {
        let page = self.get(by, &format!("/api/users?{query}")).await;
        names(&page)
    }

    /// The types of the events in somebody's trail, the first first.
    pub(crate) async fn trail(&self, of: UserId) -> Vec<String> {
        let listing = Listing::of_partition(Event::partition(of.personal_organization())).limit(1000);
        let events = self.cloud.services.store.list::<Event>(&listing, None).await.unwrap().data;
        let kind = |event: Event| json!(event.fact)["type"].as_str().unwrap().to_owned();
        events.into_iter().map(|event| kind(event.value)).collect()
    }
}

/// The names of the people on a page, sorted.
pub(crate) fn names(page: &Value) -> Vec<String> {
    let mut names = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap_or("?").to_owned())
        .collect::<Vec<_>>();
    names.sort();
    names
}

pub(crate) fn path(of: &Caller, rest: &str) -> String {
    format!("/api/users/{}{rest}", of.user_id)
}

/// The paths of the values that a problem names.
pub(crate) fn wrong(problem: &Value) -> Vec<String> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap().to_owned()).collect()
}
