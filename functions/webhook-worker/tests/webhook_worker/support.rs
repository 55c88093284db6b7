//! An organisation that is a customer of the sandbox, and what its events bring about.

use std::collections::BTreeMap;

use payments::{ORGANIZATION_ID, PRODUCT, Payments, PriceBook, inbound};
use shared::config::Variables;
use shared::event::Event;
use shared::model::billing_account::BillingAccount;
use shared::model::checkout::{Checkout, CheckoutStatus};
use shared::model::credit_purchase::CreditPurchase;
use shared::model::inbound_event::{InboundEvent, Provider};
use shared::model::invoice::Invoice;
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::queue::InboundMessage;
use shared::store::{Listing, Transaction};
use shared::trace::Trace;
use stripe_sandbox::{Card, PRICES, SECRET_KEY, Sandbox};
use testkit::{Caller, Cloud};
use vendors::http::Http;
use vendors::stripe::webhook;
use webhook_worker::{Deps, work};

pub(crate) const PRO: &str = "price_pro_monthly";
pub(crate) const PACK: &str = "price_credits_4900";

pub(crate) fn variables() -> Variables {
    let variables =
        [("STRIPE_SECRET_KEY", SECRET_KEY), ("STRIPE_BASE_URL", "http://stripe.local"), ("STRIPE_PRICES", PRICES)];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
}

pub(crate) struct Bench {
    pub(crate) cloud: Cloud,
    /// The same table without the faults, for arranging a test and looking at its end.
    calm: Cloud,
    pub(crate) sandbox: Sandbox,
    pub(crate) deps: Deps,
    pub(crate) ada: Caller,
    pub(crate) customer: String,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::over(Cloud::new()).await
    }

    /// The same over a table that may fail; what is arranged is not.
    pub(crate) async fn over(cloud: Cloud) -> Self {
        let sandbox = Sandbox::new(cloud.services.clock.clone());
        let calm = cloud.without_faults();
        let ada = calm.founder("Ada").await;
        let metadata = BTreeMap::from([(ORGANIZATION_ID.to_owned(), ada.organization_id.to_string())]);
        let customer = sandbox.customer(&metadata);
        let account = BillingAccount::new(ada.organization_id, customer.clone(), cloud.services.clock.now());
        calm.write(|transaction| transaction.create(account.clone())).await;
        let http = Http::new(sandbox.connector(), cloud.services.clock.clone());
        let payments = Payments::read(&variables(), http, cloud.services.ids.clone()).unwrap();
        let deps = Deps { services: cloud.services.clone(), payments };
        Self { cloud, calm, sandbox, deps, ada, customer }
    }

    /// Buys something; the session, whose row is there as the billing function leaves it.
    pub(crate) async fn buy(&self, price: &str, card: Card) -> String {
        let product = PriceBook::read(&variables()).unwrap().product_of(price).unwrap();
        let organization_id = self.ada.organization_id;
        let metadata = BTreeMap::from([
            (ORGANIZATION_ID.to_owned(), organization_id.to_string()),
            (PRODUCT.to_owned(), product.to_string()),
        ]);
        let id = self.sandbox.buy(&self.customer, price, card, &metadata).unwrap();
        let checkout = Checkout {
            id: id.clone(),
            organization_id,
            product,
            status: CheckoutStatus::Open,
            amount: None,
            currency: None,
            created_by: self.ada.user_id,
            created_at: self.cloud.services.clock.now(),
        };
        self.calm.write(|transaction| transaction.create(checkout.clone())).await;
        id
    }

    /// Stores the events that the sandbox sends now, in this order; their ids.
    pub(crate) async fn receive(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for delivery in self.sandbox.deliveries() {
            self.sandbox.delivered(&delivery.event_id);
            let event = webhook::Event::read(delivery.body.as_bytes()).unwrap();
            let now = self.cloud.services.clock.now();
            let row = inbound(&event, Trace::begin(&self.cloud.services.ids), now).unwrap();
            self.store(row).await;
            ids.push(delivery.event_id);
        }
        ids
    }

    pub(crate) async fn store(&self, row: InboundEvent) {
        self.calm.write(|transaction: &mut Transaction<_>| transaction.create(row.clone())).await;
    }

    /// Works off what the sandbox sends now.
    pub(crate) async fn settle(&self) {
        for id in self.receive().await {
            work(&self.deps, message(&id)).await.unwrap();
        }
    }

    pub(crate) async fn event(&self, id: &str) -> InboundEvent {
        let key = InboundEvent::key_of(Provider::Stripe, id);
        self.calm.services.store.get::<InboundEvent>(&key).await.unwrap().unwrap().value
    }

    pub(crate) async fn account(&self) -> BillingAccount {
        let key = BillingAccount::key_of(self.ada.organization_id);
        self.calm.services.store.get::<BillingAccount>(&key).await.unwrap().unwrap().value
    }

    pub(crate) async fn organization(&self) -> Organization {
        let key = Organization::key_of(self.ada.organization_id);
        self.calm.services.store.get::<Organization>(&key).await.unwrap().unwrap().value
    }

    pub(crate) async fn plan(&self) -> PlanName {
        self.organization().await.plan
    }

    pub(crate) async fn checkout(&self, id: &str) -> Checkout {
        let key = Checkout::key_of(self.ada.organization_id, id);
        self.calm.services.store.get::<Checkout>(&key).await.unwrap().unwrap().value
    }

    pub(crate) async fn invoices(&self) -> Vec<Invoice> {
        let organization = self.ada.organization_id;
        let listing = Listing::of_index(Invoice::partition(organization), Invoice::listing(organization));
        let page = self.calm.services.store.list::<Invoice>(&listing, None).await.unwrap();
        page.data.into_iter().map(|invoice| invoice.value).collect()
    }

    pub(crate) async fn purchases(&self) -> Vec<CreditPurchase> {
        let listing = Listing::of_partition(CreditPurchase::partition(self.ada.organization_id));
        let page = self.calm.services.store.list::<CreditPurchase>(&listing, None).await.unwrap();
        page.data.into_iter().map(|purchase| purchase.value).collect()
    }

    /// The types of the organisation's events, the first first.
    pub(crate) async fn trail(&self) -> Vec<String> {
        let listing = Listing::of_partition(Event::partition(self.ada.organization_id)).limit(1000);
        let page = self.calm.services.store.list::<Event>(&listing, None).await.unwrap();
        let name = |event: &Event| serde_json::to_value(&event.fact).unwrap()["type"].as_str().unwrap().to_owned();
        page.data.iter().map(|event| name(event)).collect()
    }
}

pub(crate) fn message(id: &str) -> InboundMessage {
    InboundMessage::Event { provider: Provider::Stripe, event_id: id.to_owned(), trace: None }
}
