//! What a paid pack, its refunds and its disputes do to credits: once each, in whatever order and however often the events come.

use std::collections::BTreeMap;
use std::time::Duration;

use payments::{ORGANIZATION_ID, PRODUCT, Payments, SettleError, Settler, inbound};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use shared::config::Variables;
use shared::credits::{Holder, Position};
use shared::event::Actor;
use shared::id::OrganizationId;
use shared::model::billing_account::BillingAccount;
use shared::model::credit_movement::{CreditCause, CreditMovement};
use shared::model::inbound_event::InboundEvent;
use shared::model::organization::Organization;
use shared::plan::CreditAction;
use shared::problem::Problem;
use shared::store::{Listing, Transaction};
use shared::trace::Trace;
use stripe_sandbox::{Card, PRICES, SECRET_KEY, Sandbox};
use testkit::{Cloud, LedgerRows};
use tokio::time::advance;
use vendors::http::Http;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const PACK: &str = "price_credits_4900";

/// An organisation that is a customer.
struct Customer {
    cloud: Cloud,
    sandbox: Sandbox,
    payments: Payments,
    organization: OrganizationId,
    id: String,
}

impl Customer {
    async fn new(cloud: Cloud) -> Self {
        let (services, ada) = (&cloud.services, cloud.founder("Ada").await);
        let sandbox = Sandbox::new(services.clock.clone());
        let variables = [("STRIPE_SECRET_KEY", SECRET_KEY), ("STRIPE_PRICES", PRICES)];
        let variables: Variables =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let http = Http::new(sandbox.connector(), services.clock.clone());
        let payments = Payments::read(&variables, http, services.ids.clone()).unwrap().unwrap();
        let organization = ada.organization_id;
        let metadata = BTreeMap::from([(ORGANIZATION_ID.to_owned(), organization.to_string())]);
        let id = sandbox.customer(&metadata);
        let account = BillingAccount::new(organization, id.clone(), services.clock.now());
        cloud.write(|transaction| transaction.create(account.clone())).await;
        Self { sandbox, payments, organization, id, cloud }
    }

    fn buys(&self) -> String {
        let metadata = [(ORGANIZATION_ID, self.organization.to_string()), (PRODUCT, "credits_4900".to_owned())];
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        self.sandbox.buy(&self.id, PACK, Card::Accepted, &metadata).expect("the card is accepted");
        self.sandbox.payments_of(&self.id).pop().expect("it was paid")
    }

    /// Everything that Stripe told so far, as rows.
    fn events(&self) -> Vec<InboundEvent> {
        let (ids, now) = (&self.cloud.services.ids, self.cloud.services.clock.now());
        let bodies = self.sandbox.events().into_iter().map(|body| serde_json::from_value(body).unwrap());
        bodies.map(|event| inbound(&event, Trace::begin(ids), now).unwrap()).collect()
    }

    async fn settle(&self, event: &InboundEvent) {
        let (payments, services) = (&self.payments, &self.cloud.services);
        let settler = Settler { payments, services, trace: event.trace, actor: Actor::Platform };
        let plan = || async {
            let mut transaction = Transaction::new();
            let outcome = settler.event(event, &mut transaction).await?;
            Ok::<_, SettleError>((transaction, outcome))
        };
        services.store.execute(plan).await.unwrap();
    }

    async fn settle_all(&self) {
        for event in self.events() {
            self.settle(&event).await;
        }
    }

    async fn holder(&self) -> Holder {
        let key = Organization::key_of(self.organization);
        (&self.cloud.services.store.get::<Organization>(&key).await.unwrap().unwrap().value).into()
    }

    /// What is left of bought credits, and what is owed.
    async fn credits(&self) -> (i64, i64) {
        let services = &self.cloud.services;
        let figures = Position::read(services, self.holder().await, &[], &[]).await.unwrap().figures();
        LedgerRows::read(&self.cloud.dynamodb, services).await.check(services.clock.now()).unwrap();
        (figures.purchased, figures.debt)
    }

    /// Burns the day's credits and 25 for each further search.
    async fn spend(&self, searches: u32) {
        let (services, holder) = (&self.cloud.services, self.holder().await);
        for _ in 0..2 + searches {
            let plan = || async {
                let mut transaction = Transaction::new();
                let position = Position::read(services, holder, &[], &[]).await?;
                let burned = position.spend(&mut transaction, CreditAction::CompanySearch, Actor::Platform)?;
                Ok::<_, Problem>((transaction, burned))
            };
            services.store.execute(plan).await.unwrap();
        }
    }

    /// What happened, the first first.
    async fn told(&self) -> Vec<(String, i64)> {
        let listing = Listing::of_partition(CreditMovement::partition(self.organization)).limit(100);
        let page = self.cloud.services.store.list::<CreditMovement>(&listing, None).await.unwrap();
        let name = |cause: &CreditCause| serde_json::to_value(cause).unwrap()["type"].as_str().unwrap().to_owned();
        page.data.iter().map(|movement| (name(&movement.cause), movement.credits)).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_pack_gives_its_credits_once_and_refunds_take_them_back_in_proportion() {
    let ada = Customer::new(Cloud::new()).await;
    let payment = ada.buys();
    ada.settle_all().await;
    ada.settle_all().await;
    assert_eq!(ada.credits().await, (4_900, 0));
    // 950 of 1,900 cents.
    assert!(ada.sandbox.refund(&payment, 950));
    ada.settle_all().await;
    assert_eq!(ada.credits().await, (2_450, 0));
    ada.spend(4).await;
    assert_eq!(ada.credits().await, (2_350, 0));
    assert!(ada.sandbox.refund(&payment, 950));
    ada.settle_all().await;
    ada.settle_all().await;
    assert_eq!(ada.credits().await, (0, 100), "what was spent is owed");
    ada.buys();
    ada.settle_all().await;
    assert_eq!(ada.credits().await, (4_800, 0), "and paid of the next pack first");
}

#[tokio::test(start_paused = true)]
async fn a_dispute_takes_the_credits_back_and_winning_it_gives_them_again() {
    for won in [true, false] {
        let ada = Customer::new(Cloud::new()).await;
        let payment = ada.buys();
        ada.settle_all().await;
        ada.spend(8).await;
        let dispute = ada.sandbox.dispute(&payment).unwrap();
        ada.settle_all().await;
        assert_eq!(ada.credits().await, (0, 200));
        advance(DAY).await;
        ada.sandbox.close_dispute(&dispute, won);
        ada.settle_all().await;
        assert_eq!(ada.credits().await, if won { (4_700, 0) } else { (0, 200) });
        let mut told = ada.told().await;
        told.retain(|(kind, _)| kind != "action");
        let given = won.then(|| ("givenBack".to_owned(), 4_900));
        let expected = [("purchase".to_owned(), 4_900), ("takenBack".to_owned(), -4_900)];
        assert_eq!(told, expected.into_iter().chain(given).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_order_the_credits_are_those_that_the_payment_covers() {
    for seed in 0..20 {
        let mut random = StdRng::seed_from_u64(seed);
        let ada = Customer::new(Cloud::new()).await;
        let payment = ada.buys();
        if random.random_bool(0.5) {
            ada.settle_all().await;
            ada.spend(3).await;
        }
        assert!(ada.sandbox.refund(&payment, 950));
        let dispute = random.random_bool(0.5).then(|| ada.sandbox.dispute(&payment).unwrap());
        let won = random.random_bool(0.5);
        let mut events = ada.events();
        events.extend(ada.events());
        events.shuffle(&mut random);
        let half = events.len() / 2;
        for event in &events[..half] {
            ada.settle(event).await;
        }
        if let Some(dispute) = &dispute {
            ada.sandbox.close_dispute(dispute, won);
        }
        let mut rest = ada.events();
        rest.extend_from_slice(&events[half..]);
        rest.shuffle(&mut random);
        for event in &rest {
            ada.settle(event).await;
        }
        let spent =
            ada.told().await.iter().filter(|(kind, _)| kind == "action").map(|(_, credits)| credits).sum::<i64>();
        let beyond_the_day = (-spent - 50).max(0);
        let covered = if dispute.is_some() && !won { 0 } else { 2_450 };
        let (purchased, debt) = ada.credits().await;
        assert_eq!(purchased - debt, covered - beyond_the_day, "seed {seed}");
        assert!(purchased == 0 || debt == 0, "seed {seed}: nothing is owed while there is something");
    }
}
