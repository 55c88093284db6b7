//! What these tests share: an organisation whose credits they move as other functions do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use billing::{Deps, router};
use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, WireResponse, WireService};
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::clock::Timestamp;
use shared::credits::{Given, Held, Holder, Position};
use shared::event::Actor;
use shared::id::OrganizationId;
use shared::model::organization::Organization;
use shared::plan::CreditAction;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::Transaction;
use testkit::{Caller, Cloud, LedgerRows, TestApp};

pub(crate) fn app(cloud: &Cloud) -> TestApp {
    let deps = Deps { services: cloud.services.clone(), payments: None };
    TestApp::new(router().with_state(deps), &cloud.services)
}

/// An organisation whose credits are moved.
pub(crate) struct Purse {
    pub(crate) services: Services,
    pub(crate) id: OrganizationId,
    dynamodb: EmbeddedDynamoDb,
}

impl Purse {
    pub(crate) fn of(cloud: &Cloud, caller: &Caller) -> Self {
        Self { services: cloud.services.clone(), id: caller.organization_id, dynamodb: cloud.dynamodb.clone() }
    }

    async fn holder(&self) -> Result<Holder, Problem> {
        let organization = self.services.store.get::<Organization>(&Organization::key_of(self.id)).await?;
        Ok((&organization.unwrap().value).into())
    }

    pub(crate) async fn position(&self) -> Result<Position, Problem> {
        Ok(Position::read(&self.services, self.holder().await?, &[], &[]).await?)
    }

    /// Carries a command out that consists of this alone.
    pub(crate) async fn execute<T>(
        &self,
        plan: impl Fn(Position, &mut Transaction<Problem>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let holder = self.holder().await?;
        let command = || async {
            let mut transaction = Transaction::new();
            let position = Position::read(&self.services, holder, &[], &[]).await?;
            let value = plan(position, &mut transaction)?;
            Ok::<_, Problem>((transaction, value))
        };
        self.services.store.execute(command).await
    }

    pub(crate) async fn spend(&self, action: CreditAction) -> Result<i64, Problem> {
        self.execute(|position, transaction| position.spend(transaction, action, Actor::Platform)).await
    }

    pub(crate) async fn hold(&self, action: CreditAction, timeout: Duration) -> Result<Option<Held>, Problem> {
        self.execute(|position, transaction| position.hold(transaction, action, timeout)).await
    }

    pub(crate) async fn settle(&self, held: &Held, credits: i64) -> Result<i64, Problem> {
        let holder = self.holder().await?;
        let command = || async {
            let mut transaction = Transaction::new();
            let position = held.read(&self.services, holder, &[]).await?;
            let burned = position.settle(&mut transaction, held, credits, Actor::Platform)?;
            Ok::<_, Problem>((transaction, burned))
        };
        self.services.store.execute(command).await
    }

    pub(crate) async fn grant(&self, credits: i64, expires_in: Option<Duration>) -> Result<(), Problem> {
        let id = self.services.ids.next();
        let expires_at = expires_in.map(|time| self.services.clock.now().plus(time));
        let given = Given { id, credits, expires_at, reason: "A test.".to_owned(), actor: Actor::Platform };
        self.execute(|position, transaction| position.grant(transaction, given.clone())).await
    }

    pub(crate) async fn purchase(&self, credits: i64) -> i64 {
        self.execute(|position, transaction| Ok(position.purchase(transaction, credits, "pi_1")?)).await.unwrap()
    }

    pub(crate) async fn take_back(&self, credits: i64) -> i64 {
        self.execute(|position, transaction| Ok(position.take_back(transaction, credits, "pi_1")?)).await.unwrap()
    }

    /// Day's use, held, granted, purchased, owed, available.
    pub(crate) async fn figures(&self) -> [i64; 6] {
        let figures = self.position().await.unwrap().figures();
        let granted = figures.grants.iter().map(|grant| grant.credits).sum();
        [figures.day_used, figures.held, granted, figures.purchased, figures.debt, figures.available]
    }

    /// That no credit was lost or invented.
    pub(crate) async fn check(&self) {
        LedgerRows::read(&self.dynamodb, &self.services).await.check(self.services.clock.now()).unwrap();
    }
}

/// Makes somebody an admin of the platform.
pub(crate) async fn admin(cloud: &Cloud) -> Caller {
    let admin = cloud.caller("Admin").await;
    cloud.set_platform_role(&admin, PlatformRole::Admin).await;
    admin
}

/// The credits of a billing usage, as the API tells them.
pub(crate) async fn credits(app: &TestApp, caller: &Caller) -> Value {
    let usage = app.get("/api/billing/usage").by(caller).organization(caller.organization_id).send().await;
    usage.expect(200)["credits"].clone()
}

/// A day's credits as the API tells them.
pub(crate) fn allowance(included: u32, used: u32, resets_at: Timestamp, then_unlimited: bool) -> Value {
    let left = included.saturating_sub(used);
    json!({"included": included, "used": used, "left": left, "resetsAt": resets_at, "thenUnlimited": then_unlimited})
}

/// A table that remembers which operations were asked of it.
#[derive(Clone, Debug)]
pub(crate) struct Counting<S> {
    pub(crate) service: S,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl<S: WireService> WireService for Counting<S> {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        self.asked.lock().unwrap().push(operation.to_owned());
        self.service.answer(operation, body).await
    }
}
