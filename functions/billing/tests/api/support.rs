//! An organisation, the function, and the sandbox that it asks.

use std::sync::Arc;
use std::time::Duration;

use billing::{Deps, router};
use payments::{Payments, SettleError, Settler};
use serde_json::{Value, json};
use shared::access::Role;
use shared::config::{PlatformConfig, Variables};
use shared::event::{Actor, Event};
use shared::services::Services;
use shared::store::{Listing, Transaction};
use shared::trace::Trace;
use stripe_sandbox::{PRICES, SECRET_KEY, Sandbox};
use testkit::{Caller, Cloud, Request, TestApp};
use tokio::time::advance;
use vendors::http::Http;

pub(crate) const CREATE: &str = "/api/stripe/create-checkout";
pub(crate) const PRO: &str = "price_pro_monthly";
pub(crate) const PACK: &str = "price_credits_4900";

pub(crate) struct Bench {
    pub(crate) cloud: Cloud,
    /// The same table without the faults, for arranging a test and looking at its end.
    calm: Cloud,
    pub(crate) sandbox: Sandbox,
    pub(crate) app: TestApp,
    pub(crate) ada: Caller,
    pub(crate) payments: Payments,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::over(Cloud::new()).await
    }

    /// The same over a table that may fail; what is arranged is not.
    pub(crate) async fn over(cloud: Cloud) -> Self {
        let frontend_url = Some("https://app.example.com".to_owned());
        let config = Arc::new(PlatformConfig { frontend_url, ..PlatformConfig::clone(&cloud.services.config) });
        let services = Services { config, ..cloud.services.clone() };
        let sandbox = Sandbox::new(services.clock.clone());
        let variables =
            [("STRIPE_SECRET_KEY", SECRET_KEY), ("STRIPE_BASE_URL", "http://stripe.local"), ("STRIPE_PRICES", PRICES)];
        let variables: Variables =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let http = Http::new(sandbox.connector(), services.clock.clone());
        let payments = Payments::read(&variables, http, services.ids.clone()).unwrap().unwrap();
        let deps = Deps { services: services.clone(), payments: Some(payments.clone()) };
        let app = TestApp::new(router().with_state(deps), &services);
        let calm = cloud.without_faults();
        let ada = calm.founder("Ada").await;
        Self { cloud, calm, sandbox, app, ada, payments }
    }

    /// Settles the organisation's account, as the worker does when a webhook comes.
    pub(crate) async fn settle(&self) {
        let (services, payments) = (&self.cloud.services, &self.payments);
        let settler = Settler { payments, services, trace: Trace::begin(&services.ids), actor: Actor::Platform };
        let plan = || async {
            let mut transaction = Transaction::new();
            settler.account(self.ada.organization_id, &mut transaction).await?;
            Ok::<_, SettleError>((transaction, ()))
        };
        services.store.execute(plan).await.unwrap();
        services.access.clear();
    }

    /// Lets days pass, with everything that Stripe does in them.
    pub(crate) async fn wait(&mut self, days: u32) {
        advance(Duration::from_secs(24 * 60 * 60) * days).await;
        self.settle().await;
        self.ada = self.cloud.signed_in_again(&self.ada).await;
    }

    /// What the first customer has paid, in cents.
    pub(crate) fn paid(&self) -> i64 {
        let customers = self.sandbox.customers();
        customers.first().map_or(0, |customer| self.sandbox.paid_by(customer))
    }

    /// A checkout of a price, as the owner asks for it.
    pub(crate) fn create(&self, price: &str) -> Request {
        self.post(CREATE).json(&checkout(price))
    }

    pub(crate) fn post(&self, path: &str) -> Request {
        self.app.post(path).by(&self.ada).organization(self.ada.organization_id)
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.app.get(path).by(&self.ada).organization(self.ada.organization_id)
    }

    /// Somebody with another role in the organisation.
    pub(crate) async fn other(&self, role: Role) -> Caller {
        let other = self.cloud.caller(&format!("{role:?}")).await;
        self.cloud.join(&other, self.ada.organization_id, role).await;
        other
    }

    /// The types of the organisation's events, the first first.
    pub(crate) async fn trail(&self) -> Vec<String> {
        let listing = Listing::of_partition(Event::partition(self.ada.organization_id)).limit(1000);
        let page = self.calm.services.store.list::<Event>(&listing, None).await.unwrap();
        let name = |event: &Event| serde_json::to_value(&event.fact).unwrap()["type"].as_str().unwrap().to_owned();
        page.data.iter().map(|event| name(event)).collect()
    }
}

pub(crate) fn checkout(price: &str) -> Value {
    json!({
        "priceId": price, "successUrl": "https://app.example.com/paid?checkout={CHECKOUT_SESSION_ID}",
        "cancelUrl": "https://app.example.com/plans", "metadata": {"campaign": "autumn"},
    })
}

pub(crate) fn id(created: &Value) -> String {
    created["id"].as_str().unwrap().to_owned()
}
