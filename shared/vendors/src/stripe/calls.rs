//! The calls.

use serde::de::DeserializeOwned;

use super::form::Form;
use super::objects::{
    CheckoutSession, Customer, Dispute, Invoice, InvoicePayment, Metadata, PaymentIntent, PortalSession, Subscription,
};
use super::value::{Identified, List};
use super::webhook::Event;
use super::{Stripe, StripeError};

/// How many objects a page of a list holds; Stripe's most.
const PAGE: u8 = 100;
/// How many pages of a list are read at most: what is longer is no list of one customer.
const PAGES_MAXIMUM: usize = 10;

/// What a checkout is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutMode {
    /// A subscription.
    Subscription,
    /// One payment.
    Payment,
}

/// A session of the hosted checkout page to be created.
#[derive(Clone, Debug)]
pub struct NewCheckoutSession<'a> {
    /// What it is for.
    pub mode: CheckoutMode,
    /// Who buys.
    pub customer_id: &'a str,
    /// What it is created for, in our own words; at most 200 characters.
    pub client_reference_id: &'a str,
    /// What is bought, once.
    pub price_id: &'a str,
    /// For how many days a subscription is tried for nothing before its first payment, if it is.
    pub trial_days: Option<u32>,
    /// Where the customer goes when it is done; `{CHECKOUT_SESSION_ID}` in it becomes the session's id.
    pub success_url: &'a str,
    /// Where the customer goes who turns back.
    pub cancel_url: &'a str,
    /// What is attached to the session.
    pub metadata: &'a Metadata,
    /// What is attached to the subscription or the payment that comes of it.
    pub outcome_metadata: &'a Metadata,
}

/// Another price for a subscription.
#[derive(Clone, Debug)]
pub struct PriceChange<'a> {
    /// The item whose price it is.
    pub item_id: &'a str,
    /// The price.
    pub price_id: &'a str,
    /// Whether the difference for the rest of the period is charged now, without which the price does not change; else nothing is charged
    /// before the next period.
    pub charged_now: bool,
    /// Whether a trial ends with it, so that a period that is paid for begins now.
    pub ends_trial: bool,
    /// What is attached to the subscription; an empty value takes an entry away.
    pub metadata: &'a Metadata,
}

/// Which events are listed.
#[derive(Clone, Debug, Default)]
pub struct EventsQuery<'a> {
    /// Only these types; at most 20.
    pub types: &'a [&'a str],
    /// Only events from this time on, in seconds since 1970; Stripe keeps 30 days.
    pub created_from: i64,
    /// Only events before the one with this id, which are older.
    pub starting_after: Option<&'a str>,
}

impl Stripe {
    /// Creates a customer.
    pub async fn create_customer(
        &self,
        email: &str,
        name: &str,
        metadata: &Metadata,
        key: &str,
    ) -> Result<Customer, StripeError> {
        let form = Form::new().with("email", email).with("name", name).with_map("metadata", metadata);
        self.post("/v1/customers", &form, key).await
    }

    /// Creates a session of the hosted checkout page.
    pub async fn create_checkout_session(
        &self,
        session: &NewCheckoutSession<'_>,
        key: &str,
    ) -> Result<CheckoutSession, StripeError> {
        let (mode, outcome) = match session.mode {
            CheckoutMode::Subscription => ("subscription", "subscription_data[metadata]"),
            CheckoutMode::Payment => ("payment", "payment_intent_data[metadata]"),
        };
        let form = Form::new()
            .with("mode", mode)
            .with("customer", session.customer_id)
            .with("client_reference_id", session.client_reference_id)
            .with("line_items[0][price]", session.price_id)
            .with("line_items[0][quantity]", 1)
            .with("success_url", session.success_url)
            .with("cancel_url", session.cancel_url)
            .with_map("metadata", session.metadata)
            .with_map(outcome, session.outcome_metadata);
        let form = match session.trial_days {
            Some(days) => form.with("subscription_data[trial_period_days]", days),
            None => form,
        };
        self.post("/v1/checkout/sessions", &form, key).await
    }

    /// A session of the checkout page, with its customer.
    pub async fn checkout_session(&self, id: &str) -> Result<CheckoutSession, StripeError> {
        self.get(&format!("/v1/checkout/sessions/{}", segment(id)?), &with_customer()).await
    }

    /// Closes a session that is open, so that nobody can pay it any more.
    pub async fn expire_checkout_session(&self, id: &str, key: &str) -> Result<CheckoutSession, StripeError> {
        self.post(&format!("/v1/checkout/sessions/{}/expire", segment(id)?), &Form::new(), key).await
    }

    /// Creates a session of the customer portal.
    pub async fn create_portal_session(
        &self,
        customer_id: &str,
        return_url: &str,
        key: &str,
    ) -> Result<PortalSession, StripeError> {
        let form = Form::new().with("customer", customer_id).with("return_url", return_url);
        self.post("/v1/billing_portal/sessions", &form, key).await
    }

    /// A subscription, with its customer.
    pub async fn subscription(&self, id: &str) -> Result<Subscription, StripeError> {
        self.get(&format!("/v1/subscriptions/{}", segment(id)?), &with_customer()).await
    }

    /// Every subscription that a customer has or had.
    pub async fn subscriptions(&self, customer_id: &str) -> Result<Vec<Subscription>, StripeError> {
        self.all("/v1/subscriptions", &Form::new().with("customer", customer_id).with("status", "all")).await
    }

    /// Gives a subscription another price.
    pub async fn change_price(
        &self,
        subscription_id: &str,
        change: &PriceChange<'_>,
        key: &str,
    ) -> Result<Subscription, StripeError> {
        let form = Form::new().with("items[0][id]", change.item_id).with("items[0][price]", change.price_id);
        let form = if change.charged_now {
            form.with("proration_behavior", "always_invoice").with("payment_behavior", "error_if_incomplete")
        } else {
            form.with("proration_behavior", "none")
        };
        let form = if change.ends_trial { form.with("trial_end", "now") } else { form };
        let form = form.with_map("metadata", change.metadata);
        self.post(&format!("/v1/subscriptions/{}", segment(subscription_id)?), &form, key).await
    }

    /// Lets a subscription end with its period, or go on after all.
    pub async fn cancel_at_period_end(
        &self,
        subscription_id: &str,
        cancel: bool,
        key: &str,
    ) -> Result<Subscription, StripeError> {
        let form = Form::new().with("cancel_at_period_end", cancel);
        self.post(&format!("/v1/subscriptions/{}", segment(subscription_id)?), &form, key).await
    }

    /// An invoice, with its customer.
    pub async fn invoice(&self, id: &str) -> Result<Invoice, StripeError> {
        self.get(&format!("/v1/invoices/{}", segment(id)?), &with_customer()).await
    }

    /// The invoices of a subscription that are to be paid.
    pub async fn open_invoices(&self, subscription_id: &str) -> Result<Vec<Invoice>, StripeError> {
        self.all("/v1/invoices", &Form::new().with("subscription", subscription_id).with("status", "open")).await
    }

    /// A payment, with its customer and the charge that it came to.
    pub async fn payment_intent(&self, id: &str) -> Result<PaymentIntent, StripeError> {
        let form = with_customer().with("expand[1]", "latest_charge");
        self.get(&format!("/v1/payment_intents/{}", segment(id)?), &form).await
    }

    /// The disputes about a payment.
    pub async fn disputes(&self, payment_intent_id: &str) -> Result<Vec<Dispute>, StripeError> {
        self.all("/v1/disputes", &Form::new().with("payment_intent", payment_intent_id)).await
    }

    /// The invoice that a payment paid, if it paid one.
    pub async fn invoice_of(&self, payment_intent_id: &str) -> Result<Option<InvoicePayment>, StripeError> {
        let form = Form::new()
            .with("payment[type]", "payment_intent")
            .with("payment[payment_intent]", payment_intent_id)
            .with("limit", 1);
        let page: List<InvoicePayment> = self.get("/v1/invoice_payments", &form).await?;
        Ok(page.data.into_iter().next())
    }

    /// A page of events, the newest first.
    pub async fn events(&self, query: &EventsQuery<'_>) -> Result<List<Event>, StripeError> {
        let form = Form::new().with("limit", PAGE).with("created[gte]", query.created_from);
        let types = query.types.iter().enumerate();
        let form = types.fold(form, |form, (place, kind)| form.with(format!("types[{place}]"), kind));
        self.get("/v1/events", &form.with_some("starting_after", query.starting_after)).await
    }

    /// All objects of a list, page by page.
    async fn all<T: DeserializeOwned + Identified>(&self, path: &str, query: &Form) -> Result<Vec<T>, StripeError> {
        let (query, mut found) = (query.clone().with("limit", PAGE), Vec::<T>::new());
        for _ in 0..PAGES_MAXIMUM {
            let after = found.last().map(Identified::id);
            let page: List<T> = self.get(path, &query.clone().with_some("starting_after", after)).await?;
            let is_last = !page.has_more || page.data.is_empty();
            found.extend(page.data);
            if is_last {
                return Ok(found);
            }
        }
        Err(StripeError::Unreadable { reason: "a list has more than 1,000 objects".to_owned() })
    }
}

/// Asks for the customer itself in the place of its id: whose it is, it says.
fn with_customer() -> Form {
    Form::new().with("expand[0]", "customer")
}

/// An id as a segment of a path. Ids come from Stripe, but through callers: what is none must not lead to another path.
fn segment(id: &str) -> Result<&str, StripeError> {
    let is_id = (1..=255).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_id { Ok(id) } else { Err(StripeError::NotFound) }
}
