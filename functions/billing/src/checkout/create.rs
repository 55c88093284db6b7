//! `POST /api/stripe/create-checkout`

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use payments::{ORGANIZATION_ID, PRODUCT, Payments};
use serde::{Deserialize, Serialize};
use shared::access::{OrganizationAccess, Owner};
use shared::event::Fact;
use shared::http::{ActingOrganization, IdempotencyHeader, Input};
use shared::model::billing_account::{BillingAccount, SubscriptionStatus};
use shared::model::checkout::{Checkout, CheckoutStatus};
use shared::problem::{FieldProblem, Problem};
use shared::product::Product;
use shared::store::{IdempotencyKey, RateLimit, Reply, Run, Started, Transaction, Versioned};
use utoipa::ToSchema;
use vendors::stripe::{CheckoutMode, CheckoutSession, Expandable, Metadata, NewCheckoutSession, StripeError};

use super::customer;
use crate::subscription::account;
use crate::{Deps, Error, return_url};

/// Sessions are Stripe's to keep: nobody begins more in an hour who means to buy.
const RATE_LIMIT: RateLimit = RateLimit { name: "checkout", attempts: 30, window: Duration::from_secs(60 * 60) };
/// How long the command may take; as long as the function may run.
const LEASE: Duration = Duration::from_secs(60);
/// How many entries of their own a caller may attach. Stripe takes 50, of which some are ours.
const ENTRIES_MAXIMUM: usize = 20;
/// The longest name of such an entry, as Stripe's.
const NAME_MAXIMUM: usize = 40;
/// The longest value of such an entry, as Stripe's.
const VALUE_MAXIMUM: usize = 500;

/// What to buy.
#[derive(Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewCheckout {
    /// The price of what is bought, as `GET /api/billing/prices` names it.
    #[garde(skip)]
    #[schema(max_length = 255, example = "price_1MoBy5LkdIwHu7ixZhnattbh")]
    price_id: String,
    /// Whether the plan is tried for nothing first, for as many days as `GET /api/billing/plans` says. The buyer gives a card all the same,
    /// which is charged when the trial is over. An organisation tries once.
    #[garde(skip)]
    #[serde(default)]
    trial: bool,
    /// Where the buyer goes when it is done: a page of the frontend. `{CHECKOUT_SESSION_ID}` in it becomes the checkout's id.
    #[garde(skip)]
    #[schema(max_length = 2048, example = "https://app.example.com/paid?checkout={CHECKOUT_SESSION_ID}")]
    success_url: String,
    /// Where the buyer goes who turns back: a page of the frontend.
    #[garde(skip)]
    #[schema(max_length = 2048, example = "https://app.example.com/plans")]
    cancel_url: String,
    /// What to attach to the session at Stripe: at most 20 entries. It changes nothing here.
    #[garde(skip)]
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// A checkout that was begun.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckoutCreated {
    /// Stripe's id of the session.
    id: String,
    /// The page on which the buyer pays.
    url: String,
}

impl NewCheckout {
    /// The product, or every wrong field.
    fn check(&self, deps: &Deps, payments: &Payments) -> Result<Product, Problem> {
        let config = &deps.services.config;
        let product = payments.prices.sold_at(&self.price_id);
        let mut errors = Vec::new();
        if product.is_none() {
            errors.push(FieldProblem::new("priceId", "is no price that is sold here; see GET /api/billing/prices"));
        }
        if self.trial && product.is_some_and(|product| trial_days(product) == 0) {
            errors.push(FieldProblem::new("trial", "is not to be had with this price; see GET /api/billing/plans"));
        }
        errors.extend(return_url::check(config, "successUrl", &self.success_url));
        errors.extend(return_url::check(config, "cancelUrl", &self.cancel_url));
        if self.metadata.len() > ENTRIES_MAXIMUM {
            errors.push(FieldProblem::new("metadata", "must have at most 20 entries"));
        }
        for (name, value) in self.metadata.iter().take(ENTRIES_MAXIMUM) {
            let path = || format!("metadata.{name}");
            let is_name = (1..=NAME_MAXIMUM).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            if !is_name {
                let message = "names are 1 to 40 letters, digits, `_` and `-`";
                errors.push(FieldProblem::new("metadata", message));
            } else if name == ORGANIZATION_ID || name == PRODUCT {
                errors.push(FieldProblem::new(path(), "is set by the platform"));
            } else if value.chars().count() > VALUE_MAXIMUM {
                errors.push(FieldProblem::new(path(), "must be at most 500 characters long"));
            }
        }
        match product {
            Some(product) if errors.is_empty() => Ok(product),
            _ => Err(Problem::invalid(errors)),
        }
    }
}

/// For how many days something may be tried for nothing.
fn trial_days(product: Product) -> u32 {
    match product {
        Product::Plan(name) => name.plan().trial_days,
        Product::Credits(_) => 0,
    }
}

/// Begin to buy a plan or a pack of credits for the organisation: the answer's `url` is the page on which the buyer pays.
///
/// A plan is bought once; whoever has a subscription changes its plan. A checkout for a plan closes the one before that is still open.
#[utoipa::path(
    post, path = "/api/stripe/create-checkout", operation_id = "createCheckout", tag = "billing",
    security(("accessToken" = [])), params(ActingOrganization, IdempotencyHeader),
    request_body = NewCheckout,
    responses(
        (status = 201, description = "The checkout.", body = CheckoutCreated),
        (status = 403, description = "`forbidden`: the caller is not the owner."),
        (status = 409, description = "`already_subscribed`; `trial_used`: the organisation had a subscription; `checkout_in_progress`: another was \
            begun at the same time; `in_progress`."),
        (status = 429, description = "More checkouts than somebody begins who means to buy."),
        (status = 503, description = "`payments_not_configured`, or `payments_unavailable`: Stripe does not answer."),
    )
)]
pub(crate) async fn create_checkout(
    State(deps): State<Deps>,
    access: OrganizationAccess<Owner>,
    idempotency: IdempotencyKey,
    Input(input): Input<NewCheckout>,
) -> Result<Reply<CheckoutCreated>, Error> {
    let payments = deps.payments()?;
    let product = input.check(&deps, payments)?;
    let store = &deps.services.store;
    store.count_attempt(RATE_LIMIT, &access.organization_id().to_string()).await?;
    let once = idempotency.once(&access.caller(), &input)?;
    let run = match store.begin::<CheckoutCreated>(once.as_ref(), LEASE).await? {
        Started::Answered(reply) => return Ok(reply),
        Started::Run(run) => run,
    };
    let command = Command { deps: &deps, payments, access: &access, input: &input, product, run: &run };
    let created = command.carry_out().await;
    if created.is_err() {
        store.give_up(&run).await;
    }
    created
}

struct Command<'a> {
    deps: &'a Deps,
    payments: &'a Payments,
    access: &'a OrganizationAccess<Owner>,
    input: &'a NewCheckout,
    product: Product,
    run: &'a Run,
}

impl Command<'_> {
    async fn carry_out(&self) -> Result<Reply<CheckoutCreated>, Error> {
        let account = customer::ensure(&self.deps.services, self.payments, self.access).await?;
        if self.is_plan() {
            self.make_room(&account).await?;
        }
        let session = self.create_session(&account).await?;
        let url = session.url.clone().ok_or_else(|| Problem::internal("a session has no address"))?;
        let created = CheckoutCreated { id: session.id.clone(), url };
        self.record(&session, account.open_checkout.as_deref(), &created).await?;
        Ok(Reply { status: StatusCode::CREATED, body: created, replayed: false })
    }

    const fn is_plan(&self) -> bool {
        matches!(self.product, Product::Plan(_))
    }

    /// Refuses a second subscription, and closes the checkout that was begun before, so that two cannot be paid.
    async fn make_room(&self, account: &Versioned<BillingAccount>) -> Result<(), Error> {
        let live = account.live_subscription();
        if live.is_some_and(|subscription| subscription.status != SubscriptionStatus::Incomplete) {
            return Err(Error::AlreadySubscribed);
        }
        if self.input.trial && account.subscription.is_some() {
            return Err(Error::TrialUsed);
        }
        let Some(open) = &account.open_checkout else { return Ok(()) };
        match self.payments.stripe.expire_checkout_session(open, &format!("expire/{open}")).await {
            Ok(_) | Err(StripeError::NotFound) => Ok(()),
            // It is not open any more.
            Err(StripeError::Refused { .. }) => {
                let session = self.payments.stripe.checkout_session(open).await?;
                let bought = session.subscription.as_ref().map(Expandable::id);
                let known = account.subscription.as_ref().map(|subscription| subscription.id.as_str());
                // A subscription that is not known yet: its webhook is on the way.
                if bought.is_some() && bought != known { Err(Error::AlreadySubscribed) } else { Ok(()) }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn create_session(&self, account: &BillingAccount) -> Result<CheckoutSession, Error> {
        let organization = self.access.organization_id().to_string();
        let ours = Metadata::from([
            (ORGANIZATION_ID.to_owned(), organization.clone()),
            (PRODUCT.to_owned(), self.product.to_string()),
        ]);
        let mut metadata = self.input.metadata.clone();
        metadata.extend(ours.clone());
        let session = NewCheckoutSession {
            mode: if self.is_plan() { CheckoutMode::Subscription } else { CheckoutMode::Payment },
            customer_id: &account.customer_id,
            client_reference_id: &organization,
            price_id: &self.input.price_id,
            trial_days: self.input.trial.then(|| trial_days(self.product)),
            success_url: &self.input.success_url,
            cancel_url: &self.input.cancel_url,
            metadata: &metadata,
            outcome_metadata: &ours,
        };
        let key = format!("checkout/{}", self.run.command_id());
        Ok(self.payments.stripe.create_checkout_session(&session, &key).await?)
    }

    /// Records the checkout. If another one for a plan was begun since `seen`, this one is not told to anybody, so that nobody can pay both.
    async fn record(
        &self,
        session: &CheckoutSession,
        seen: Option<&str>,
        created: &CheckoutCreated,
    ) -> Result<(), Error> {
        let (services, organization_id) = (&self.deps.services, self.access.organization_id());
        let plan = || async {
            let mut transaction = Transaction::new();
            let checkout = Checkout {
                id: session.id.clone(),
                organization_id,
                product: self.product,
                status: CheckoutStatus::Open,
                amount: session.amount_total,
                currency: session.currency.clone(),
                created_by: self.access.principal.user_id,
                created_at: services.clock.now(),
            };
            let (checkout_id, product) = (checkout.id.clone(), self.product);
            transaction.create(self.access.event(services, Fact::CheckoutStarted { checkout_id, product }));
            transaction.create_or(checkout, Error::CheckoutInProgress);
            if self.is_plan() {
                let current = account(services, organization_id).await?.ok_or(Error::NoCustomer)?;
                if current.open_checkout.as_deref().is_some_and(|open| Some(open) != seen) {
                    return Err(Error::CheckoutInProgress);
                }
                let open_checkout = Some(session.id.clone());
                transaction.replace(&current, BillingAccount { open_checkout, ..current.value.clone() });
            }
            transaction.answer(self.run, StatusCode::CREATED, created)?;
            Ok::<_, Error>((transaction, ()))
        };
        services.store.execute(plan).await
    }
}
