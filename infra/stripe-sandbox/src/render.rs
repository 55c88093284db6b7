//! Objects in Stripe's JSON, in the shape of today's version or of one before `basil`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vendors::stripe::API_VERSION;

use crate::state::{Customer, Dispute, Invoice, Payment, Session, State, Subscription, amount_of};

/// Which version's shapes events have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// Today's.
    #[default]
    New,
    /// That of 2024-06-20, of an endpoint that was entered then.
    Old,
}

impl Shape {
    /// The version's name.
    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::New => API_VERSION,
            Self::Old => "2024-06-20",
        }
    }
}

/// An amount's currency; the sandbox has one.
const CURRENCY: &str = "usd";

pub(crate) fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({"object": "list", "url": url, "has_more": has_more, "data": data})
}

pub(crate) fn customer(customer: &Customer) -> Value {
    json!({
        "id": customer.id, "object": "customer", "email": customer.email, "name": customer.name,
        "metadata": customer.metadata, "created": customer.created, "livemode": false,
    })
}

pub(crate) fn session(session: &Session, url: &str) -> Value {
    let open = session.status == "open";
    json!({
        "id": session.id, "object": "checkout.session", "mode": session.mode, "status": session.status,
        "payment_status": session.payment_status, "customer": session.customer, "subscription": session.subscription,
        "payment_intent": session.payment, "invoice": null, "client_reference_id": session.client_reference_id,
        "metadata": session.metadata, "amount_total": session.amount_total, "currency": CURRENCY,
        "created": session.created, "expires_at": session.expires_at, "ui_mode": "hosted_page", "livemode": false,
        "success_url": session.success_url, "cancel_url": session.cancel_url,
        "url": open.then(|| format!("{url}/checkout/{}", session.id)),
    })
}

fn price(id: &str) -> Value {
    json!({"id": id, "object": "price", "currency": CURRENCY, "unit_amount": amount_of(id), "type": "recurring"})
}

pub(crate) fn subscription(subscription: &Subscription, shape: Shape) -> Value {
    let mut item = json!({"id": subscription.item, "object": "subscription_item", "price": price(&subscription.price), "quantity": 1});
    let mut object = json!({
        "id": subscription.id, "object": "subscription", "status": subscription.status, "customer": subscription.customer,
        "created": subscription.created, "cancel_at_period_end": subscription.cancel_at_period_end,
        "cancel_at": subscription.cancel_at_period_end.then_some(subscription.period_end),
        "canceled_at": subscription.canceled_at, "ended_at": subscription.ended_at, "trial_end": subscription.trial_end,
        "latest_invoice": subscription.latest_invoice, "metadata": subscription.metadata, "livemode": false,
    });
    let period = match shape {
        Shape::New => item.as_object_mut(),
        Shape::Old => object.as_object_mut(),
    };
    if let Some(holder) = period {
        holder.insert("current_period_start".to_owned(), json!(subscription.period_start));
        holder.insert("current_period_end".to_owned(), json!(subscription.period_end));
    }
    if let Some(object) = object.as_object_mut() {
        object.insert("items".to_owned(), list("/v1/subscription_items", vec![item], false));
    }
    object
}

pub(crate) fn invoice(invoice: &Invoice, url: &str, shape: Shape) -> Value {
    let mut object = json!({
        "id": invoice.id, "object": "invoice", "status": invoice.status, "number": invoice.number, "customer": invoice.customer,
        "amount_due": invoice.amount_due, "amount_paid": invoice.amount_paid,
        "amount_remaining": invoice.amount_due - invoice.amount_paid, "currency": CURRENCY,
        "hosted_invoice_url": format!("{url}/invoice/{}", invoice.id), "invoice_pdf": format!("{url}/invoice/{}.pdf", invoice.id),
        "billing_reason": invoice.billing_reason, "attempt_count": invoice.attempts,
        "next_payment_attempt": invoice.next_attempt, "created": invoice.created, "livemode": false,
        "status_transitions": {"finalized_at": invoice.created, "paid_at": invoice.paid_at},
    });
    let details = json!({"subscription": invoice.subscription, "metadata": invoice.subscription_metadata});
    let more = match shape {
        Shape::New => json!({"parent": {"type": "subscription_details", "subscription_details": details}}),
        Shape::Old => json!({
            "subscription": invoice.subscription, "paid": invoice.status == "paid", "payment_intent": invoice.payment,
            "subscription_details": {"metadata": invoice.subscription_metadata},
        }),
    };
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

pub(crate) fn charge(payment: &Payment) -> Value {
    json!({
        "id": payment.charge, "object": "charge", "amount": payment.amount, "amount_refunded": payment.amount_refunded,
        "refunded": payment.amount_refunded >= payment.amount, "disputed": payment.disputed, "currency": CURRENCY,
        "customer": payment.customer, "payment_intent": payment.id, "metadata": payment.metadata, "created": payment.created,
        "paid": payment.status == "succeeded", "livemode": false,
    })
}

pub(crate) fn payment(payment: &Payment) -> Value {
    let received = if payment.status == "succeeded" { payment.amount } else { 0 };
    json!({
        "id": payment.id, "object": "payment_intent", "status": payment.status, "amount": payment.amount,
        "amount_received": received, "currency": CURRENCY, "customer": payment.customer, "created": payment.created,
        "metadata": payment.metadata, "latest_charge": payment.charge, "livemode": false,
    })
}

pub(crate) fn dispute(dispute: &Dispute, payment: Option<&Payment>) -> Value {
    json!({
        "id": dispute.id, "object": "dispute", "status": dispute.status, "payment_intent": dispute.payment,
        "charge": payment.map(|payment| payment.charge.clone()), "amount": payment.map(|payment| payment.amount),
        "currency": CURRENCY, "reason": "fraudulent", "created": dispute.created, "livemode": false, "metadata": {},
    })
}

impl State {
    /// Everything that there is.
    pub(crate) fn objects(&self, shape: Shape) -> Value {
        let payments = self.payments.values().map(|one| self.expanded(payment(one), &["latest_charge"]));
        json!({
            "subscriptions": self.subscriptions.values().map(|one| subscription(one, shape)).collect::<Vec<_>>(),
            "invoices": self.invoices.values().map(|one| invoice(one, "", shape)).collect::<Vec<_>>(),
            "payments": payments.collect::<Vec<_>>(),
            "disputes": self.disputes.values().map(|one| dispute(one, self.payments.get(&one.payment))).collect::<Vec<_>>(),
            "sessions": self.sessions.values().map(|one| session(one, "")).collect::<Vec<_>>(),
            "invoice_of": self.payments.values().filter_map(|one| Some((one.id.clone(), json!(one.invoice.clone()?)))).collect::<Value>(),
        })
    }

    /// Puts objects in the place of ids that a request asks to expand.
    pub(crate) fn expanded(&self, mut object: Value, names: &[&str]) -> Value {
        for name in names {
            let Some(id) = object.get(*name).and_then(Value::as_str).map(str::to_owned) else { continue };
            let whole = match *name {
                "customer" => self.customers.get(&id).map(customer),
                "latest_charge" => self.payments.values().find(|payment| payment.charge == id).map(charge),
                _ => None,
            };
            if let (Some(object), Some(whole)) = (object.as_object_mut(), whole) {
                object.insert((*name).to_owned(), whole);
            }
        }
        object
    }
}
