//! What there is.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::deliveries::Waiting;
use crate::render::Shape;

/// A day in seconds.
pub(crate) const DAY: i64 = 24 * 60 * 60;
/// A month in seconds.
pub(crate) const MONTH: i64 = 30 * DAY;

/// What a customer pays with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// A card that pays.
    #[default]
    Accepted,
    /// A card without money.
    Declined,
    /// A card whose owner has to confirm each payment; by themselves renewals fail.
    RequiresAction,
    /// A debit that takes three days and succeeds; for one payment.
    Slow,
    /// A debit that takes three days and fails; for one payment.
    SlowAndFailing,
}

impl Card {
    /// The card of this name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        serde_json::from_value(Value::String(name.to_owned())).ok()
    }
}

pub(crate) type Metadata = BTreeMap<String, String>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) metadata: Metadata,
    pub(crate) created: i64,
    pub(crate) card: Card,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) mode: String,
    pub(crate) status: String,
    pub(crate) payment_status: String,
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    pub(crate) payment: Option<String>,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) outcome_metadata: Metadata,
    pub(crate) price: String,
    pub(crate) trial_days: i64,
    pub(crate) success_url: String,
    pub(crate) cancel_url: String,
    pub(crate) created: i64,
    pub(crate) expires_at: i64,
    pub(crate) amount_total: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) item: String,
    pub(crate) status: String,
    pub(crate) customer: String,
    pub(crate) price: String,
    pub(crate) created: i64,
    pub(crate) period_start: i64,
    pub(crate) period_end: i64,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) trial_end: Option<i64>,
    pub(crate) metadata: Metadata,
    pub(crate) latest_invoice: Option<String>,
}

impl Subscription {
    pub(crate) fn is_live(&self) -> bool {
        self.status != "canceled"
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) customer: String,
    pub(crate) subscription: String,
    pub(crate) subscription_metadata: Metadata,
    pub(crate) amount_due: i64,
    pub(crate) amount_paid: i64,
    pub(crate) billing_reason: String,
    pub(crate) attempts: i64,
    pub(crate) next_attempt: Option<i64>,
    pub(crate) created: i64,
    pub(crate) paid_at: Option<i64>,
    pub(crate) payment: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) status: String,
    pub(crate) amount: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) disputed: bool,
    pub(crate) customer: String,
    pub(crate) created: i64,
    pub(crate) metadata: Metadata,
    pub(crate) invoice: Option<String>,
    /// While a slow payment is under way: when it ends, how, and the session that it is of.
    pub(crate) under_way: Option<(i64, bool, String)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) payment: String,
    pub(crate) status: String,
    pub(crate) created: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Happening {
    pub(crate) id: String,
    pub(crate) body: Value,
    pub(crate) kind: String,
    pub(crate) created: i64,
}

/// What a POST under a key was answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) fingerprint: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Everything. Ids count up, so that maps by id are in the order in which things came to be.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) count: u64,
    pub(crate) now: i64,
    pub(crate) shape: Shape,
    pub(crate) customers: BTreeMap<String, Customer>,
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) portals: BTreeMap<String, (String, String)>,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    pub(crate) invoices: BTreeMap<String, Invoice>,
    pub(crate) payments: BTreeMap<String, Payment>,
    pub(crate) disputes: BTreeMap<String, Dispute>,
    pub(crate) events: Vec<Happening>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) answers: HashMap<String, Answered>,
}

impl State {
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        self.count = self.count.saturating_add(1);
        format!("{prefix}_sandbox{:08}", self.count)
    }
}

/// What a price costs in cents; a subscription's, by the month. None if there is no such price.
pub(crate) fn amount_of(price: &str) -> Option<i64> {
    let entries = crate::PRICES.split(',').filter_map(|entry| entry.split_once('='));
    let (product, _) = entries.into_iter().find(|(_, known)| *known == price)?;
    product.parse::<shared::product::Product>().ok().map(shared::product::Product::price_cents)
}

/// Whether a price is one of a subscription.
pub(crate) fn is_recurring(price: &str) -> bool {
    price.ends_with("_monthly")
}
