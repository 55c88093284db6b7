//! Stripe's objects, as far as they concern us, in the shapes of every version that webhooks and answers come in: what `basil`
//! (2025-03-31) moved is read from both places.
//!
//! Enumerations are open: Stripe adds values without a new version, so that they are texts here and whoever decides on them says what a
//! value means that it does not know.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::value::{Expandable, Identified, List, Reference};

/// What we attach to an object.
pub type Metadata = BTreeMap<String, String>;

macro_rules! identified {
    ($($object:ident),+) => {$(
        impl Identified for $object {
            fn id(&self) -> &str {
                &self.id
            }
        }
    )+};
}

identified!(Customer, CheckoutSession, Subscription, Invoice, PaymentIntent, Charge, Dispute);

/// A customer, `cus_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Customer {
    /// The id.
    pub id: String,
    /// What we attached; a customer that was deleted has none.
    #[serde(default)]
    pub metadata: Metadata,
}

/// A session of the hosted checkout page, `cs_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CheckoutSession {
    /// The id.
    pub id: String,
    /// The page's address while the session is open.
    #[serde(default)]
    pub url: Option<String>,
    /// `subscription` or `payment`.
    pub mode: String,
    /// `open`, `complete` or `expired`.
    #[serde(default)]
    pub status: Option<String>,
    /// `paid`, `unpaid` or `no_payment_required`.
    #[serde(default)]
    pub payment_status: Option<String>,
    /// Whose it is.
    #[serde(default)]
    pub customer: Option<Expandable<Customer>>,
    /// What came of a session for a subscription.
    #[serde(default)]
    pub subscription: Option<Expandable<Reference>>,
    /// What came of a session for one payment.
    #[serde(default)]
    pub payment_intent: Option<Expandable<Reference>>,
    /// What it was created for, as we said it.
    #[serde(default)]
    pub client_reference_id: Option<String>,
    /// What we attached.
    #[serde(default)]
    pub metadata: Option<Metadata>,
    /// What it costs, in the smallest unit of the currency.
    #[serde(default)]
    pub amount_total: Option<i64>,
    /// The currency's code in lower case.
    #[serde(default)]
    pub currency: Option<String>,
    /// When it was created, in seconds since 1970.
    #[serde(default)]
    pub created: i64,
    /// When it expires, in seconds since 1970.
    #[serde(default)]
    pub expires_at: Option<i64>,
}

/// A session of the customer portal, `bps_…`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PortalSession {
    /// The id.
    pub id: String,
    /// The page's address.
    pub url: String,
}

/// A subscription, `sub_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Subscription {
    /// The id.
    pub id: String,
    /// `active`, `trialing`, `past_due`, `unpaid`, `incomplete`, `incomplete_expired`, `paused` or `canceled`.
    pub status: String,
    /// Whose it is.
    pub customer: Expandable<Customer>,
    /// When it was created, in seconds since 1970.
    pub created: i64,
    /// What is subscribed to.
    #[serde(default)]
    pub items: List<SubscriptionItem>,
    /// Where the period's limits stood before `basil`.
    #[serde(default)]
    current_period_start: Option<i64>,
    #[serde(default)]
    current_period_end: Option<i64>,
    /// Whether it ends with its period.
    #[serde(default)]
    pub cancel_at_period_end: bool,
    /// When it ends, if that is settled.
    #[serde(default)]
    pub cancel_at: Option<i64>,
    /// When it was said that it ends.
    #[serde(default)]
    pub canceled_at: Option<i64>,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<i64>,
    /// When its trial ends or ended.
    #[serde(default)]
    pub trial_end: Option<i64>,
    /// What we attached.
    #[serde(default)]
    pub metadata: Metadata,
}

impl Subscription {
    /// The limits of the period that is being paid for, in seconds since 1970.
    pub fn current_period(&self) -> Option<(i64, i64)> {
        let item = self.items.data.first();
        let start = item.and_then(|item| item.current_period_start).or(self.current_period_start)?;
        let end = item.and_then(|item| item.current_period_end).or(self.current_period_end)?;
        Some((start, end))
    }

    /// The price that is subscribed to.
    pub fn price_id(&self) -> Option<&str> {
        self.items.data.first().and_then(|item| item.price.as_ref()).map(|price| price.id.as_str())
    }
}

/// One thing that is subscribed to, `si_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SubscriptionItem {
    /// The id.
    pub id: String,
    /// At which price.
    #[serde(default)]
    pub price: Option<Reference>,
    #[serde(default)]
    current_period_start: Option<i64>,
    #[serde(default)]
    current_period_end: Option<i64>,
}

/// An invoice, `in_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Invoice {
    /// The id.
    pub id: String,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    #[serde(default)]
    pub status: Option<String>,
    /// The number on it, once it is final.
    #[serde(default)]
    pub number: Option<String>,
    /// Whose it is.
    #[serde(default)]
    pub customer: Option<Expandable<Customer>>,
    /// What is to be paid, in the smallest unit of the currency.
    #[serde(default)]
    pub amount_due: i64,
    /// What was paid.
    #[serde(default)]
    pub amount_paid: i64,
    /// What is left to be paid.
    #[serde(default)]
    pub amount_remaining: i64,
    /// The currency's code in lower case.
    pub currency: String,
    /// The page on which it can be paid.
    #[serde(default)]
    pub hosted_invoice_url: Option<String>,
    /// The document.
    #[serde(default)]
    pub invoice_pdf: Option<String>,
    /// `subscription_create`, `subscription_cycle`, `subscription_update`, `manual`, …
    #[serde(default)]
    pub billing_reason: Option<String>,
    /// How often its payment was tried.
    #[serde(default)]
    pub attempt_count: u32,
    /// When it is tried next, in seconds since 1970.
    #[serde(default)]
    pub next_payment_attempt: Option<i64>,
    /// When it was created, in seconds since 1970.
    pub created: i64,
    /// When it got to its states.
    #[serde(default)]
    pub status_transitions: StatusTransitions,
    #[serde(default)]
    parent: Option<InvoiceParent>,
    /// Where the subscription stood before `basil`.
    #[serde(default)]
    subscription: Option<Expandable<Reference>>,
}

/// When an invoice got to its states, in seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StatusTransitions {
    /// When it was final.
    pub finalized_at: Option<i64>,
    /// When it was paid.
    pub paid_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct InvoiceParent {
    #[serde(default)]
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct SubscriptionDetails {
    #[serde(default)]
    subscription: Option<Expandable<Reference>>,
}

impl Invoice {
    /// The subscription that it is for.
    pub fn subscription_id(&self) -> Option<&str> {
        let details = self.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref());
        let subscription = details.and_then(|details| details.subscription.as_ref()).or(self.subscription.as_ref());
        subscription.map(Expandable::id)
    }
}

/// A payment, `pi_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PaymentIntent {
    /// The id.
    pub id: String,
    /// `succeeded`, `processing`, `requires_action`, `requires_payment_method`, `canceled`, …
    pub status: String,
    /// What is to be paid, in the smallest unit of the currency.
    pub amount: i64,
    /// What was received.
    #[serde(default)]
    pub amount_received: i64,
    /// The currency's code in lower case.
    pub currency: String,
    /// Whose it is.
    #[serde(default)]
    pub customer: Option<Expandable<Customer>>,
    /// When it was created, in seconds since 1970.
    pub created: i64,
    /// What we attached.
    #[serde(default)]
    pub metadata: Metadata,
    /// The charge that succeeded, or the last that was tried.
    #[serde(default)]
    pub latest_charge: Option<Expandable<Charge>>,
}

/// A charge, `ch_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Charge {
    /// The id.
    pub id: String,
    /// How much of it was given back, in the smallest unit of the currency.
    #[serde(default)]
    pub amount_refunded: i64,
    /// Whether the customer's bank took it into question.
    #[serde(default)]
    pub disputed: bool,
}

/// A customer's bank taking a payment into question, `dp_…` or `du_…`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Dispute {
    /// The id.
    pub id: String,
    /// `needs_response`, `under_review`, `won`, `lost`, `warning_needs_response`, `warning_under_review`, `warning_closed`, …
    pub status: String,
    /// When it was opened, in seconds since 1970.
    pub created: i64,
}

/// Which payment paid an invoice.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InvoicePayment {
    /// The invoice.
    pub invoice: Expandable<Reference>,
}
