//! What follows from what Stripe says: pure rules.
//!
//! They look at the present alone, so that it does not matter in which order, how late or how often one looks.

use std::time::Duration;

use shared::clock::Timestamp;
use shared::event::Fact;
use shared::model::billing_account::{KeptPlan, Subscription, SubscriptionStatus};
use shared::model::credit_purchase::CreditPurchase;
use shared::model::invoice::{DisputeStatus, Invoice, InvoiceStatus};
use shared::plan::PlanName;

/// For how long an organisation keeps its plan while a payment fails.
pub const GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Which plan an organisation has by a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The plan.
    pub plan: PlanName,
    /// When that changes by time alone, if it does.
    pub until: Option<Timestamp>,
}

impl Entitlement {
    const NONE: Self = Self { plan: PlanName::Free, until: None };

    /// This until `end`, and nothing from then on.
    fn ending(self, end: Timestamp, now: Timestamp) -> Self {
        if now >= end || self.plan == PlanName::Free {
            return Self::NONE;
        }
        Self { until: Some(self.until.map_or(end, |until| until.min(end))), ..self }
    }
}

/// Which plan an organisation has by a subscription at `now`.
///
/// While a payment fails the plan stays for [`GRACE`], counted from the oldest invoice that is to be paid. A status that this version does
/// not know takes nothing away that is paid for, and gives nothing beyond.
pub fn entitlement(subscription: &Subscription, now: Timestamp) -> Entitlement {
    let paid_for = Entitlement { plan: subscription.plan.unwrap_or(PlanName::Free), until: None };
    let paid_for = match subscription.kept {
        Some(KeptPlan { plan, until }) if plan > paid_for.plan && now < until => {
            Entitlement { plan, until: Some(until) }
        }
        _ => paid_for,
    };
    match subscription.status {
        SubscriptionStatus::Trialing | SubscriptionStatus::Active => paid_for,
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => {
            let since = subscription.overdue_since.unwrap_or(subscription.period_start);
            paid_for.ending(since.plus(GRACE), now)
        }
        SubscriptionStatus::Unknown => paid_for.ending(subscription.period_end, now),
        SubscriptionStatus::Incomplete | SubscriptionStatus::Paused | SubscriptionStatus::Canceled => Entitlement::NONE,
    }
}

/// What follows from all subscriptions of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The one that counts: of those that are not over the one with the best plan, of equals the newest; else the newest.
    pub subscription: Option<Subscription>,
    /// The plan.
    pub plan: PlanName,
    /// When the plan changes by time alone, if it does.
    pub review_at: Option<Timestamp>,
}

/// What follows from all subscriptions of an organisation at `now`.
pub fn standing(subscriptions: Vec<Subscription>, now: Timestamp) -> Standing {
    let rank = |subscription: &Subscription| {
        let plan = entitlement(subscription, now).plan;
        (subscription.is_live(), plan, subscription.created_at, subscription.id.clone())
    };
    let subscription = subscriptions.into_iter().max_by_key(rank);
    let entitlement = subscription.as_ref().map_or(Entitlement::NONE, |subscription| entitlement(subscription, now));
    Standing { subscription, plan: entitlement.plan, review_at: entitlement.until }
}

/// What happened between two looks at an organisation's subscription.
pub fn subscription_facts(before: Option<&Subscription>, after: Option<&Subscription>) -> Option<Fact> {
    let visible = |subscription: &Subscription| {
        let Subscription { id, status, plan, cancel_at, .. } = subscription.clone();
        (id, status, plan, cancel_at)
    };
    let after = after?;
    if before.map(visible) == Some(visible(after)) {
        return None;
    }
    let (subscription_id, status, plan, cancel_at) = visible(after);
    Some(Fact::SubscriptionChanged { subscription_id, status, plan, cancel_at })
}

/// What happened between two looks at an invoice.
pub fn invoice_facts(before: Option<&Invoice>, after: &Invoice) -> Vec<Fact> {
    let was_paid = before.is_some_and(|before| before.status == InvoiceStatus::Paid);
    let attempts_before = before.map_or(0, |before| before.attempts);
    let (payment_id, currency) = (after.id.clone(), after.currency.clone());
    let mut facts = Vec::new();
    if after.status == InvoiceStatus::Paid && !was_paid && after.amount_paid > 0 {
        let amount = after.amount_paid;
        facts.push(Fact::PaymentSucceeded { payment_id: payment_id.clone(), amount, currency: currency.clone() });
    }
    if after.status == InvoiceStatus::Open && after.attempts > attempts_before {
        facts.push(Fact::PaymentFailed { payment_id: payment_id.clone(), attempts: after.attempts });
    }
    let reversed_before = before.map(|before| (before.amount_refunded, before.dispute)).unwrap_or_default();
    facts.extend(reversal(payment_id, reversed_before, (after.amount_refunded, after.dispute), currency));
    facts
}

/// What happened between two looks at a pack of credits that was paid for.
pub fn purchase_facts(before: Option<&CreditPurchase>, after: &CreditPurchase) -> Vec<Fact> {
    let (purchase_id, currency) = (after.id.clone(), after.currency.clone());
    let mut facts = Vec::new();
    if before.is_none() {
        let (payment_id, amount) = (purchase_id.clone(), after.amount);
        facts.push(Fact::PaymentSucceeded { payment_id, amount, currency: currency.clone() });
        facts.push(Fact::CreditsPurchased { purchase_id: purchase_id.clone(), credits: after.credits });
    }
    let reversed_before = before.map(|before| (before.amount_refunded, before.dispute)).unwrap_or_default();
    facts.extend(reversal(purchase_id.clone(), reversed_before, (after.amount_refunded, after.dispute), currency));
    let (from, to) = (before.map_or(after.credits, CreditPurchase::credits_left), after.credits_left());
    if from != to {
        facts.push(Fact::CreditPurchaseChanged { purchase_id, from, to });
    }
    facts
}

fn reversal(
    payment_id: String,
    before: (i64, DisputeStatus),
    after: (i64, DisputeStatus),
    currency: String,
) -> Option<Fact> {
    let (amount_refunded, dispute) = after;
    let disputed = matches!(dispute, DisputeStatus::Open | DisputeStatus::Lost);
    (before != after).then_some(Fact::PaymentReversed { payment_id, amount_refunded, currency, disputed })
}

/// How a subscription gets to another plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanChange {
    /// It is on that plan.
    None,
    /// At once; the difference for the rest of the period is charged now.
    Up,
    /// At once and for nothing: the plan is paid for until the period ends.
    Back,
    /// When the period ends; the plan of now is kept until then.
    Down(KeptPlan),
}

/// How a subscription gets to the plan `to` at `now` (CONTRACT: up at once, down at the period's end).
pub fn plan_change(subscription: &Subscription, to: PlanName, now: Timestamp) -> PlanChange {
    let subscribed = subscription.plan.unwrap_or(PlanName::Free);
    let current = entitlement(subscription, now).plan.max(subscribed);
    if to == subscribed {
        PlanChange::None
    } else if to > current {
        PlanChange::Up
    } else if to == current {
        PlanChange::Back
    } else {
        PlanChange::Down(KeptPlan { plan: current, until: subscription.period_end })
    }
}

#[cfg(test)]
mod tests;
