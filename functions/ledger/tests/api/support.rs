//! People with and without BUZ, and an operator who mints.

use ledger::{Deps, router};
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::event::Event;
use shared::id::UserId;
use shared::store::Listing;
use testkit::{Caller, Cloud, LedgerRows, TestApp, TestResponse};

/// A BUZ in micro-BUZ.
pub(crate) const BUZ: i64 = 1_000_000;

/// The function, the tables that it has, and an admin of the platform.
pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) app: TestApp,
    pub(crate) admin: Caller,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(Cloud::new()).await
    }

    pub(crate) async fn on(cloud: Cloud) -> Self {
        let app = TestApp::new(router().with_state(Deps { services: cloud.services.clone() }).into(), &cloud.services);
        let admin = cloud.caller("Admin").await;
        cloud.set_platform_role(&admin, PlatformRole::Admin).await;
        Self { cloud, app, admin }
    }

    /// Somebody with so many BUZ.
    pub(crate) async fn person(&self, name: &str, buz: i64) -> Caller {
        let person = self.cloud.caller(name).await;
        if buz > 0 {
            self.mint(Some(person.user_id), buz * BUZ).await;
        }
        person
    }

    /// Mints into a wallet, or the reward pool.
    pub(crate) async fn mint(&self, user: Option<UserId>, amount: i64) -> Value {
        let body = json!({"userId": user, "amount": amount, "reason": "For the test"});
        self.post(&self.admin, "mint", body).await.expect(201)
    }

    pub(crate) async fn post(&self, by: &Caller, path: &str, body: Value) -> TestResponse {
        self.app.post(&format!("/api/buz/{path}")).by(by).json(&body).send().await
    }

    pub(crate) async fn ask(&self, by: &Caller, path: &str) -> TestResponse {
        self.app.get(&format!("/api/buz/{path}")).by(by).send().await
    }

    pub(crate) async fn get(&self, by: &Caller, path: &str) -> Value {
        self.ask(by, path).await.expect(200)
    }

    pub(crate) async fn send(&self, by: &Caller, to: &Caller, amount: i64) -> TestResponse {
        self.post(by, "transfer", json!({"to": to.user_id, "amount": amount})).await
    }

    /// What somebody has, in micro-BUZ.
    pub(crate) async fn available(&self, of: &Caller) -> i64 {
        self.get(of, &format!("balance/{}", of.user_id)).await["available"].as_i64().unwrap()
    }

    /// The types of the events of somebody's trail, the first first.
    pub(crate) async fn trail(&self, of: &Caller) -> Vec<String> {
        let listing = Listing::of_partition(Event::partition(of.user_id.personal_organization()));
        let page = self.cloud.services.store.list::<Event>(&listing, None).await.unwrap();
        let name = |event: &Event| serde_json::to_value(&event.fact).unwrap()["type"].as_str().unwrap().to_owned();
        page.data.iter().map(|event| name(event)).collect()
    }

    /// All rows of the ledger, which hold together.
    pub(crate) async fn rows(&self) -> LedgerRows {
        let rows = LedgerRows::read(&self.cloud.dynamodb, &self.cloud.services).await;
        rows.check(self.cloud.services.clock.now()).unwrap();
        rows
    }
}
