//! What callers see of an organisation's account.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::model::billing_account::{BillingAccount, Subscription, SubscriptionStatus};
use shared::model::checkout::{Checkout, CheckoutStatus};
use shared::model::invoice::{DisputeStatus, Invoice, InvoiceStatus};
use shared::plan::PlanName;
use shared::product::Product;
use utoipa::ToSchema;

/// The plan that an organisation has, and by which subscription.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BillingView {
    /// The organisation's plan.
    pub(crate) plan: PlanName,
    /// Whether the plan includes priority support: every plan that is paid for does.
    pub(crate) priority_support: bool,
    /// Whether a plan may be tried for nothing first: where there never was a subscription.
    pub(crate) trial_available: bool,
    /// The subscription, also one that is over; null where there never was one.
    pub(crate) subscription: Option<SubscriptionView>,
}

/// A subscription.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionView {
    /// Stripe's id.
    #[schema(example = "sub_1MowQVLkdIwHu7ixeRlqHVzs")]
    id: String,
    /// Where it stands.
    status: SubscriptionStatus,
    /// The plan that is subscribed to, which the next period is paid for; null if it is none of the catalogue's.
    plan: Option<PlanName>,
    /// When the period began that is being paid for.
    current_period_start: Timestamp,
    /// When that period ends.
    current_period_end: Timestamp,
    /// When the subscription ends or ended; null while it goes on.
    cancel_at: Option<Timestamp>,
    /// When its trial ends or ended; null where there is none.
    trial_ends_at: Option<Timestamp>,
    /// When the plan changes by itself: a lesser one begins, or the grace of a failed payment ends. Null where it does not.
    plan_changes_at: Option<Timestamp>,
}

impl BillingView {
    /// What an account and the organisation's plan come to.
    pub(crate) fn of(plan: PlanName, account: Option<BillingAccount>) -> Self {
        let changes_at = account.as_ref().and_then(|account| account.review_at);
        let subscription = account.and_then(|account| account.subscription);
        let subscription = subscription.map(|subscription| SubscriptionView::of(subscription, changes_at));
        let trial_available = subscription.is_none();
        Self { plan, priority_support: plan.plan().priority_support, trial_available, subscription }
    }
}

impl SubscriptionView {
    fn of(subscription: Subscription, plan_changes_at: Option<Timestamp>) -> Self {
        let Subscription { id, status, plan, period_start, period_end, cancel_at, trial_ends_at, .. } = subscription;
        let (current_period_start, current_period_end) = (period_start, period_end);
        Self { id, status, plan, current_period_start, current_period_end, cancel_at, trial_ends_at, plan_changes_at }
    }
}

/// A checkout, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckoutView {
    /// Stripe's id of the session.
    #[schema(example = "cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4WRmzW0zWJO2znZKdVujZ0N0S22u")]
    id: String,
    /// What is bought.
    product: Product,
    /// Where it stands.
    status: CheckoutStatus,
    /// What it costs, in the smallest unit of the currency; null as long as Stripe has not said it.
    amount: Option<i64>,
    /// The currency's code in lower case; null likewise.
    currency: Option<String>,
    /// When it was begun.
    created_at: Timestamp,
}

impl From<Checkout> for CheckoutView {
    fn from(checkout: Checkout) -> Self {
        let Checkout { id, product, status, amount, currency, created_at, .. } = checkout;
        Self { id, product, status, amount, currency, created_at }
    }
}

/// An invoice. Amounts are in the smallest unit of the currency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvoiceView {
    /// Stripe's id.
    #[schema(example = "in_1MtHbELkdIwHu7ixl4OzzPMv")]
    id: String,
    /// The number on it; null before it is final.
    number: Option<String>,
    /// Where it stands.
    status: InvoiceStatus,
    /// What was to be paid.
    amount_due: i64,
    /// What was paid.
    amount_paid: i64,
    /// How much of that was given back.
    amount_refunded: i64,
    /// Whether the buyer's bank took the payment into question.
    dispute: DisputeStatus,
    /// The currency's code in lower case.
    currency: String,
    /// When its payment is tried next; null where it is not.
    next_attempt_at: Option<Timestamp>,
    /// The page on which it can be looked at and paid; null before it is final.
    hosted_url: Option<String>,
    /// The document; null before it is final.
    pdf_url: Option<String>,
    /// When it was created.
    created_at: Timestamp,
    /// When it was paid; null before that.
    paid_at: Option<Timestamp>,
}

impl From<Invoice> for InvoiceView {
    fn from(invoice: Invoice) -> Self {
        Self {
            id: invoice.id,
            number: invoice.number,
            status: invoice.status,
            amount_due: invoice.amount_due,
            amount_paid: invoice.amount_paid,
            amount_refunded: invoice.amount_refunded,
            dispute: invoice.dispute,
            currency: invoice.currency,
            next_attempt_at: invoice.next_attempt_at,
            hosted_url: invoice.hosted_url,
            pdf_url: invoice.pdf_url,
            created_at: invoice.created_at,
            paid_at: invoice.paid_at,
        }
    }
}
