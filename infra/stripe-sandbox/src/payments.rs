//! Sessions that are paid, money that is given back or taken into question.

use crate::error::Refusal;
use crate::render;
use crate::state::{Card, DAY, Dispute, Payment, Session, State};

impl State {
    /// Pays a session's page.
    pub(crate) fn pay(&mut self, id: &str, card: Card) -> Result<(), Refusal> {
        let open = self.sessions.get(id).filter(|session| session.status == "open");
        let session = open.cloned().ok_or_else(|| Refusal::not_found(id))?;
        if card == Card::Declined {
            return Err(Refusal::declined("card_declined", Some("insufficient_funds")));
        }
        if let Some(customer) = self.customers.get_mut(&session.customer) {
            customer.card = card;
        }
        if session.mode == "subscription" {
            self.subscribe(&session)
        } else {
            self.pay_once(&session, card)
        }
        Ok(())
    }

    fn pay_once(&mut self, session: &Session, card: Card) {
        let slow = matches!(card, Card::Slow | Card::SlowAndFailing);
        let mut payment = self.new_payment(&session.customer, session.amount_total, None);
        payment.metadata = session.outcome_metadata.clone();
        let status = if slow { "processing" } else { "succeeded" };
        payment.status = status.to_owned();
        payment.under_way = slow.then(|| (self.now.saturating_add(3 * DAY), card == Card::Slow, session.id.clone()));
        let (id, rendered) = (payment.id.clone(), render::payment(&payment));
        self.payments.insert(id.clone(), payment);
        if !slow {
            self.happened("payment_intent.succeeded", rendered);
        }
        let paid = if slow { "unpaid" } else { "paid" };
        self.close(&session.id, "complete", paid, "checkout.session.completed", |session| session.payment = Some(id));
    }

    /// Ends a payment that was under way.
    pub(crate) fn end_slow(&mut self, id: &str, succeeds: bool, session: &str) {
        if let Some(payment) = self.payments.get_mut(id) {
            payment.under_way = None;
            payment.status = if succeeds { "succeeded" } else { "requires_payment_method" }.to_owned();
        }
        let (paid, kind) = if succeeds {
            ("paid", "checkout.session.async_payment_succeeded")
        } else {
            ("unpaid", "checkout.session.async_payment_failed")
        };
        self.close(session, "complete", paid, kind, |_| ());
    }

    /// Moves a session on, and tells of it.
    pub(crate) fn close(&mut self, id: &str, status: &str, paid: &str, kind: &str, change: impl FnOnce(&mut Session)) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.status = status.to_owned();
        session.payment_status = paid.to_owned();
        change(session);
        let object = render::session(session, "");
        self.happened(kind, object);
    }

    pub(crate) fn new_payment(&mut self, customer: &str, amount: i64, invoice: Option<&str>) -> Payment {
        Payment {
            id: self.id("pi"),
            charge: self.id("ch"),
            status: "succeeded".to_owned(),
            amount,
            amount_refunded: 0,
            disputed: false,
            customer: customer.to_owned(),
            created: self.now,
            metadata: Default::default(),
            invoice: invoice.map(str::to_owned),
            under_way: None,
        }
    }

    /// Gives money back: so much, or all that is left.
    pub(crate) fn refund(&mut self, payment: &str, amount: Option<i64>) -> Result<i64, Refusal> {
        let paid = self.payments.get_mut(payment).filter(|payment| payment.status == "succeeded");
        let paid = paid.ok_or_else(|| Refusal::not_found(payment))?;
        let left = paid.amount.saturating_sub(paid.amount_refunded);
        let amount = amount.unwrap_or(left);
        if amount <= 0 || amount > left {
            return Err(Refusal::invalid("charge_already_refunded", "amount", "More than is left of the charge"));
        }
        paid.amount_refunded = paid.amount_refunded.saturating_add(amount);
        let object = render::charge(paid);
        self.happened("charge.refunded", object);
        let (id, now) = (self.id("re"), self.now);
        let refund = serde_json::json!({"id": id, "object": "refund", "amount": amount, "payment_intent": payment, "status": "succeeded", "created": now});
        self.happened("refund.created", refund);
        Ok(amount)
    }

    /// Lets the bank take a payment into question.
    pub(crate) fn dispute(&mut self, payment: &str) -> Option<String> {
        let paid = self.payments.get_mut(payment).filter(|payment| payment.status == "succeeded")?;
        paid.disputed = true;
        let dispute = Dispute {
            id: self.id("dp"),
            payment: payment.to_owned(),
            status: "needs_response".to_owned(),
            created: self.now,
        };
        let object = render::dispute(&dispute, self.payments.get(payment));
        let id = dispute.id.clone();
        self.disputes.insert(id.clone(), dispute);
        self.happened("charge.dispute.created", object);
        Some(id)
    }

    /// Decides a dispute.
    pub(crate) fn close_dispute(&mut self, id: &str, won: bool) {
        let Some(dispute) = self.disputes.get_mut(id) else { return };
        dispute.status = if won { "won" } else { "lost" }.to_owned();
        let dispute = dispute.clone();
        let object = render::dispute(&dispute, self.payments.get(&dispute.payment));
        self.happened("charge.dispute.closed", object);
    }
}
