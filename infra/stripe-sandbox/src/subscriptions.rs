//! Subscriptions and their invoices.

use serde_json::Value;

use crate::error::Refusal;
use crate::render::{self, Shape};
use crate::state::{Card, DAY, Invoice, MONTH, Metadata, Session, State, Subscription, amount_of};

/// After how many days each further attempt to collect an invoice follows; after the last the subscription ends.
const RETRY_DAYS: [i64; 3] = [3, 2, 4];

/// A change of a subscription as a request asks for it.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) price: Option<String>,
    pub(crate) charged_now: bool,
    pub(crate) ends_trial: bool,
    pub(crate) cancel_at_period_end: Option<bool>,
    pub(crate) metadata: Metadata,
}

impl State {
    /// Makes the subscription of a session that was gone through.
    pub(crate) fn subscribe(&mut self, session: &Session) {
        let trial_end = (session.trial_days > 0).then(|| self.now.saturating_add(session.trial_days * DAY));
        let subscription = Subscription {
            id: self.id("sub"),
            item: self.id("si"),
            status: if trial_end.is_some() { "trialing" } else { "active" }.to_owned(),
            customer: session.customer.clone(),
            price: session.price.clone(),
            created: self.now,
            period_start: self.now,
            period_end: trial_end.unwrap_or_else(|| self.now.saturating_add(MONTH)),
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            trial_end,
            metadata: session.outcome_metadata.clone(),
            latest_invoice: None,
        };
        let id = subscription.id.clone();
        self.subscriptions.insert(id.clone(), subscription);
        self.tell(&id, "customer.subscription.created");
        let amount = if trial_end.is_some() { 0 } else { session.amount_total };
        let invoice = self.new_invoice(&id, amount, "subscription_create");
        // The buyer is at the page: whatever their bank asks for, they do.
        self.mark_paid(&invoice);
        let paid = if amount == 0 { "no_payment_required" } else { "paid" };
        let kind = "checkout.session.completed";
        self.close(&session.id, "complete", paid, kind, |session| session.subscription = Some(id));
    }

    fn tell(&mut self, subscription: &str, kind: &str) {
        let object = self.subscriptions.get(subscription).map(|found| render::subscription(found, self.shape));
        if let Some(object) = object {
            self.happened(kind, object);
        }
    }

    fn tell_invoice(&mut self, invoice: &str, kind: &str) {
        let object = self.invoices.get(invoice).map(|found| render::invoice(found, "", self.shape));
        if let Some(object) = object {
            self.happened(kind, object);
        }
    }

    fn new_invoice(&mut self, subscription: &str, amount: i64, reason: &str) -> String {
        let (id, number) = (self.id("in"), format!("SANDBOX-{:04}", self.invoices.len() + 1));
        let found = self.subscriptions.get_mut(subscription);
        let (customer, subscription_metadata) =
            found.as_ref().map(|found| (found.customer.clone(), found.metadata.clone())).unwrap_or_default();
        if let Some(found) = found {
            found.latest_invoice = Some(id.clone());
        }
        let invoice = Invoice {
            id: id.clone(),
            number,
            status: "open".to_owned(),
            customer,
            subscription: subscription.to_owned(),
            subscription_metadata,
            amount_due: amount,
            amount_paid: 0,
            billing_reason: reason.to_owned(),
            attempts: 0,
            next_attempt: None,
            created: self.now,
            paid_at: None,
            payment: None,
        };
        self.invoices.insert(id.clone(), invoice);
        self.tell_invoice(&id, "invoice.finalized");
        id
    }

    fn mark_paid(&mut self, id: &str) {
        let Some(invoice) = self.invoices.get(id).cloned() else { return };
        let payment = if invoice.amount_due > 0 {
            let payment = self.new_payment(&invoice.customer, invoice.amount_due, Some(id));
            let id = payment.id.clone();
            self.payments.insert(id.clone(), payment);
            Some(id)
        } else {
            None
        };
        let now = self.now;
        if let Some(invoice) = self.invoices.get_mut(id) {
            invoice.status = "paid".to_owned();
            invoice.amount_paid = invoice.amount_due;
            invoice.attempts = invoice.attempts.saturating_add(i64::from(payment.is_some()));
            invoice.next_attempt = None;
            invoice.paid_at = Some(now);
            invoice.payment = payment;
        }
        self.tell_invoice(id, "invoice.paid");
        self.tell_invoice(id, "invoice.payment_succeeded");
    }

    /// Tries to collect an invoice with the customer's card; whether it is paid.
    pub(crate) fn attempt(&mut self, id: &str) -> bool {
        let Some(invoice) = self.invoices.get(id).filter(|invoice| invoice.status == "open").cloned() else {
            return false;
        };
        let card = self.customers.get(&invoice.customer).map(|customer| customer.card).unwrap_or_default();
        if matches!(card, Card::Accepted | Card::Slow) || invoice.amount_due == 0 {
            self.mark_paid(id);
            let behind = self.subscriptions.get_mut(&invoice.subscription).filter(|found| found.status != "canceled");
            if let Some(subscription) = behind.filter(|found| found.status != "active") {
                subscription.status = "active".to_owned();
                self.tell(&invoice.subscription, "customer.subscription.updated");
            }
            return true;
        }
        let pause = usize::try_from(invoice.attempts).ok().and_then(|tried| RETRY_DAYS.get(tried)).copied();
        let now = self.now;
        if let Some(invoice) = self.invoices.get_mut(id) {
            invoice.attempts = invoice.attempts.saturating_add(1);
            invoice.next_attempt = pause.map(|days| now.saturating_add(days * DAY));
        }
        self.tell_invoice(id, "invoice.payment_failed");
        if card == Card::RequiresAction {
            self.tell_invoice(id, "invoice.payment_action_required");
        }
        if pause.is_none() {
            self.end_subscription(&invoice.subscription);
        } else if let Some(found) = self.subscriptions.get_mut(&invoice.subscription)
            && found.status != "past_due"
        {
            found.status = "past_due".to_owned();
            self.tell(&invoice.subscription, "customer.subscription.updated");
        }
        false
    }

    /// The period of a subscription is over.
    pub(crate) fn renew(&mut self, id: &str) {
        let Some(found) = self.subscriptions.get(id).cloned() else { return };
        if found.cancel_at_period_end {
            return self.end_subscription(id);
        }
        if let Some(subscription) = self.subscriptions.get_mut(id) {
            subscription.period_start = found.period_end;
            subscription.period_end = found.period_end.saturating_add(MONTH);
            if found.status == "trialing" {
                subscription.status = "active".to_owned();
            }
        }
        let invoice = self.new_invoice(id, amount_of(&found.price).unwrap_or_default(), "subscription_cycle");
        self.tell(id, "customer.subscription.updated");
        self.attempt(&invoice);
    }

    fn end_subscription(&mut self, id: &str) {
        let now = self.now;
        let Some(found) = self.subscriptions.get_mut(id).filter(|found| found.is_live()) else { return };
        found.status = "canceled".to_owned();
        found.canceled_at = found.canceled_at.or(Some(now));
        found.ended_at = Some(now);
        self.tell(id, "customer.subscription.deleted");
    }

    /// Changes a subscription as a request asks.
    pub(crate) fn change(&mut self, id: &str, change: Change) -> Result<Value, Refusal> {
        let found = self.subscriptions.get(id).cloned().ok_or_else(|| Refusal::not_found(id))?;
        if !found.is_live() {
            let message = "A canceled subscription can only update its cancellation_details and metadata.";
            return Err(Refusal::invalid("invalid_canceled_subscription_fields", "id", message));
        }
        let ends_trial = change.ends_trial && found.status == "trialing";
        let price = change.price.as_ref().unwrap_or(&found.price);
        let to = amount_of(price).ok_or_else(|| Refusal::not_found(price))?;
        let difference = to.saturating_sub(amount_of(&found.price).unwrap_or_default());
        if ends_trial {
            self.charge(&found, to)?;
        } else if change.charged_now && difference > 0 && found.status == "active" {
            let left = found.period_end.saturating_sub(self.now).max(0);
            let length = found.period_end.saturating_sub(found.period_start).max(1);
            self.charge(&found, difference.saturating_mul(left) / length)?;
        }
        let now = self.now;
        if let Some(subscription) = self.subscriptions.get_mut(id) {
            if ends_trial {
                subscription.status = "active".to_owned();
                subscription.trial_end = Some(now);
                subscription.period_start = now;
                subscription.period_end = now.saturating_add(MONTH);
            }
            if let Some(price) = change.price {
                subscription.price = price;
            }
            if let Some(cancel) = change.cancel_at_period_end {
                subscription.cancel_at_period_end = cancel;
                subscription.canceled_at = cancel.then_some(now);
            }
            for (name, value) in change.metadata {
                if value.is_empty() {
                    subscription.metadata.remove(&name);
                } else {
                    subscription.metadata.insert(name, value);
                }
            }
        }
        self.tell(id, "customer.subscription.updated");
        Ok(self.subscriptions.get(id).map(|found| render::subscription(found, Shape::New)).unwrap_or_default())
    }

    /// Charges for a change at once; a card that does not pay leaves everything as it is.
    fn charge(&mut self, found: &Subscription, amount: i64) -> Result<(), Refusal> {
        match self.customers.get(&found.customer).map(|customer| customer.card).unwrap_or_default() {
            Card::Accepted | Card::Slow => {}
            Card::RequiresAction => return Err(Refusal::declined("subscription_payment_intent_requires_action", None)),
            Card::Declined | Card::SlowAndFailing => {
                return Err(Refusal::declined("card_declined", Some("insufficient_funds")));
            }
        }
        let invoice = self.new_invoice(&found.id, amount, "subscription_update");
        self.mark_paid(&invoice);
        Ok(())
    }

    fn live_of(&self, customer: &str) -> Vec<String> {
        let theirs = self.subscriptions.values().filter(|found| found.customer == customer && found.is_live());
        theirs.map(|found| found.id.clone()).collect()
    }

    pub(crate) fn cancel_all(&mut self, customer: &str, cancel: bool) {
        for id in self.live_of(customer) {
            // It lives, so that nothing is refused.
            let _ = self.change(&id, Change { cancel_at_period_end: Some(cancel), ..Change::default() });
        }
    }

    pub(crate) fn change_plan(&mut self, customer: &str, price: &str, charged_now: bool, kept: Option<&str>) {
        for id in self.live_of(customer) {
            let end = self.subscriptions.get(&id).map(|found| found.period_end).unwrap_or_default();
            let kept_until = kept.map(|_| end.to_string()).unwrap_or_default();
            let metadata = [("keep_plan", kept.unwrap_or_default().to_owned()), ("keep_until", kept_until)];
            let metadata = metadata.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
            let price = Some(price.to_owned());
            // A card that does not pay leaves everything as it is. A better plan ends a trial.
            let change = Change { price, charged_now, ends_trial: charged_now, metadata, ..Change::default() };
            let _ = self.change(&id, change);
        }
    }

    pub(crate) fn end_all(&mut self, customer: &str) {
        for id in self.live_of(customer) {
            self.end_subscription(&id);
        }
    }

    pub(crate) fn end_one(&mut self, id: &str) -> Result<Value, Refusal> {
        self.end_subscription(id);
        let found = self.subscriptions.get(id).ok_or_else(|| Refusal::not_found(id))?;
        Ok(render::subscription(found, Shape::New))
    }

    pub(crate) fn change_card(&mut self, customer: &str, card: Card) {
        if let Some(customer) = self.customers.get_mut(customer) {
            customer.card = card;
        }
    }

    /// Tries to collect what a customer owes.
    pub(crate) fn collect(&mut self, customer: &str) {
        let open = self.invoices.values().filter(|invoice| invoice.customer == customer && invoice.status == "open");
        for id in open.map(|invoice| invoice.id.clone()).collect::<Vec<_>>() {
            self.attempt(&id);
        }
    }
}
