//! Stripe's objects as our rows hold them.

use shared::clock::Timestamp;
use shared::id::OrganizationId;
use shared::model::billing_account::{KeptPlan, Subscription, SubscriptionStatus};
use shared::model::checkout::CheckoutStatus;
use shared::model::credit_purchase::CreditPurchase;
use shared::model::invoice::{DisputeStatus, Invoice, InvoiceStatus};
use shared::plan::PlanName;
use vendors::stripe;

use crate::PriceBook;

/// The entry that we attach to whatever is an organisation's: which.
pub const ORGANIZATION_ID: &str = "organization_id";
/// The entry that we attach to what somebody buys: what.
pub const PRODUCT: &str = "product";
/// The entry of a subscription whose plan is kept although a lesser one is subscribed to: which.
pub const KEEP_PLAN: &str = "keep_plan";
/// The entry of such a subscription: until when, in seconds since 1970.
pub const KEEP_UNTIL: &str = "keep_until";

/// A subscription; `overdue` are its invoices that are to be paid, where it is behind with one.
pub(crate) fn subscription(
    prices: &PriceBook,
    found: &stripe::Subscription,
    overdue: &[stripe::Invoice],
) -> Subscription {
    let (start, end) = found.current_period().unwrap_or((found.created, found.created));
    let (period_start, period_end) = (Timestamp::from_seconds(start), Timestamp::from_seconds(end));
    let at_period_end = found.cancel_at_period_end.then_some(end);
    let since = |invoice: &stripe::Invoice| invoice.status_transitions.finalized_at.unwrap_or(invoice.created);
    let item_id = found.items.data.first().map(|item| item.id.clone()).unwrap_or_default();
    Subscription {
        id: found.id.clone(),
        item_id,
        status: subscription_status(&found.status),
        plan: found.price_id().and_then(|price| prices.plan_of(price)),
        created_at: Timestamp::from_seconds(found.created),
        period_start,
        period_end,
        cancel_at: found.ended_at.or(found.cancel_at).or(at_period_end).map(Timestamp::from_seconds),
        trial_ends_at: found.trial_end.map(Timestamp::from_seconds),
        overdue_since: overdue.iter().map(since).min().map(Timestamp::from_seconds),
        kept: kept(&found.metadata),
    }
}

/// Whether a subscription is behind with a payment.
pub(crate) fn is_overdue(found: &stripe::Subscription) -> bool {
    matches!(subscription_status(&found.status), SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid)
}

fn subscription_status(status: &str) -> SubscriptionStatus {
    match status {
        "trialing" => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "past_due" => SubscriptionStatus::PastDue,
        "unpaid" => SubscriptionStatus::Unpaid,
        "incomplete" => SubscriptionStatus::Incomplete,
        "paused" => SubscriptionStatus::Paused,
        "canceled" | "incomplete_expired" => SubscriptionStatus::Canceled,
        _ => SubscriptionStatus::Unknown,
    }
}

fn kept(metadata: &stripe::Metadata) -> Option<KeptPlan> {
    let plan = metadata.get(KEEP_PLAN)?.parse::<PlanName>().ok()?;
    let until = metadata.get(KEEP_UNTIL)?.parse().ok()?;
    Some(KeptPlan { plan, until: Timestamp::from_seconds(until) })
}

/// An invoice; how much of it was given back, and whether it is disputed, it does not say itself.
pub(crate) fn invoice(
    organization: OrganizationId,
    found: &stripe::Invoice,
    amount_refunded: i64,
    dispute: DisputeStatus,
) -> Invoice {
    Invoice {
        id: found.id.clone(),
        organization_id: organization,
        number: found.number.clone(),
        status: match found.status.as_deref() {
            None | Some("draft") => InvoiceStatus::Draft,
            Some("open") => InvoiceStatus::Open,
            Some("paid") => InvoiceStatus::Paid,
            Some("uncollectible") => InvoiceStatus::Uncollectible,
            Some("void") => InvoiceStatus::Void,
            Some(_) => InvoiceStatus::Unknown,
        },
        amount_due: found.amount_due,
        amount_paid: found.amount_paid,
        amount_refunded,
        dispute,
        currency: found.currency.clone(),
        billing_reason: found.billing_reason.clone(),
        attempts: found.attempt_count,
        next_attempt_at: found.next_payment_attempt.map(Timestamp::from_seconds),
        hosted_url: found.hosted_invoice_url.clone(),
        pdf_url: found.invoice_pdf.clone(),
        created_at: Timestamp::from_seconds(found.created),
        paid_at: found.status_transitions.paid_at.map(Timestamp::from_seconds),
    }
}

/// A pack of credits that was paid for; none before it is paid.
pub(crate) fn credit_purchase(
    organization: OrganizationId,
    credits: u64,
    found: &stripe::PaymentIntent,
    disputes: &[stripe::Dispute],
) -> Option<CreditPurchase> {
    let (dispute, amount_refunded) = (dispute_status(disputes), amount_refunded(found));
    (found.status == "succeeded").then(|| CreditPurchase {
        id: found.id.clone(),
        organization_id: organization,
        credits,
        amount: found.amount_received,
        amount_refunded,
        currency: found.currency.clone(),
        dispute,
        status: CreditPurchase::status_of(found.amount_received, amount_refunded, dispute),
        created_at: Timestamp::from_seconds(found.created),
    })
}

/// How much of a payment was given back.
pub(crate) fn amount_refunded(found: &stripe::PaymentIntent) -> i64 {
    charge(found).map_or(0, |charge| charge.amount_refunded)
}

/// Whether a payment was ever taken into question.
pub(crate) fn is_disputed(found: &stripe::PaymentIntent) -> bool {
    charge(found).is_some_and(|charge| charge.disputed)
}

fn charge(found: &stripe::PaymentIntent) -> Option<&stripe::Charge> {
    found.latest_charge.as_ref().and_then(stripe::Expandable::object)
}

/// Where the money is, by all disputes about one payment. A warning is only an inquiry; a dispute that this version cannot tell is open,
/// since Stripe takes the money back with it.
pub(crate) fn dispute_status(disputes: &[stripe::Dispute]) -> DisputeStatus {
    let status = |dispute: &stripe::Dispute| match dispute.status.as_str() {
        "won" | "prevented" => DisputeStatus::Won,
        "lost" => DisputeStatus::Lost,
        warning if warning.starts_with("warning_") => DisputeStatus::None,
        _ => DisputeStatus::Open,
    };
    disputes.iter().map(status).max().unwrap_or_default()
}

/// Where a checkout stands; `payment` is its payment's status where the buyer is through and nothing is paid yet.
pub(crate) fn checkout_status(found: &stripe::CheckoutSession, payment: Option<&str>) -> CheckoutStatus {
    match (found.status.as_deref(), found.payment_status.as_deref()) {
        (Some("expired"), _) => CheckoutStatus::Expired,
        (Some("complete"), Some("unpaid")) => match payment {
            Some("requires_payment_method" | "canceled") => CheckoutStatus::Failed,
            _ => CheckoutStatus::Processing,
        },
        (Some("complete"), _) => CheckoutStatus::Paid,
        _ => CheckoutStatus::Open,
    }
}
