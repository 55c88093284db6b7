//! The endpoints.

use axum::http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};
use shared::encoding::hexadecimal;

use crate::Sandbox;
use crate::error::Refusal;
use crate::form::Form;
use crate::render::{self, Shape, list};
use crate::state::{Answered, Customer, DAY, Metadata, Session, State, amount_of, is_recurring};
use crate::subscriptions::Change;

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Sandbox {
    /// Answers a request to the API.
    pub(crate) fn respond(&self, call: &Call<'_>) -> (StatusCode, Value) {
        let text = |name: &str| call.headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        if !bearer.is_some_and(|key| key.starts_with("sk_") || key.starts_with("rk_")) {
            let Refusal(status, body) = Refusal::unauthenticated();
            return (status, body);
        }
        let key = text("idempotency-key").filter(|_| call.method == Method::POST);
        let fingerprint = format!("{} {}", call.path, hexadecimal(call.body));
        let url = self.url();
        self.act(|state| {
            if let Some(known) = key.and_then(|key| state.answers.get(key)) {
                if known.fingerprint != fingerprint {
                    let Refusal(status, body) = Refusal::other_parameters();
                    return (status, body);
                }
                return (StatusCode::from_u16(known.status).unwrap_or_default(), known.body.clone());
            }
            let (status, body) = match answer(state, call, &url) {
                Ok(body) => (StatusCode::OK, body),
                Err(Refusal(status, body)) => (status, body),
            };
            // What was not begun, for want of good parameters, is not remembered.
            if let Some(key) = key.filter(|_| status != StatusCode::BAD_REQUEST && status != StatusCode::NOT_FOUND) {
                let answered = Answered { fingerprint, status: status.as_u16(), body: body.clone() };
                state.answers.insert(key.to_owned(), answered);
            }
            (status, body)
        })
    }
}

fn answer(state: &mut State, call: &Call<'_>, url: &str) -> Result<Value, Refusal> {
    let form = Form::read(if call.method == Method::GET || call.method == Method::DELETE {
        call.query.as_bytes()
    } else {
        call.body
    });
    let path = call.path.strip_prefix("/v1/").unwrap_or_default();
    let segments = path.split('/').collect::<Vec<_>>();
    match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["customers"]) => create_customer(state, &form),
        ("GET", ["customers", id]) => found(state.customers.get(*id).map(render::customer), id),
        ("POST", ["checkout", "sessions"]) => create_session(state, &form, url),
        ("GET", ["checkout", "sessions", id]) => {
            let session = found(state.sessions.get(*id).map(|session| render::session(session, url)), id)?;
            Ok(state.expanded(session, &form.list("expand")))
        }
        ("POST", ["checkout", "sessions", id, "expire"]) => expire_session(state, id, url),
        ("POST", ["billing_portal", "sessions"]) => create_portal(state, &form, url),
        ("GET", ["subscriptions"]) => subscriptions(state, &form),
        ("GET", ["subscriptions", id]) => {
            let one = state.subscriptions.get(*id).map(|one| render::subscription(one, Shape::New));
            Ok(state.expanded(found(one, id)?, &form.list("expand")))
        }
        ("POST", ["subscriptions", id]) => change_subscription(state, &form, id),
        ("DELETE", ["subscriptions", id]) => state.end_one(id),
        ("GET", ["invoices"]) => invoices(state, &form, url),
        ("GET", ["invoices", id]) => {
            let invoice = state.invoices.get(*id).map(|invoice| render::invoice(invoice, url, Shape::New));
            Ok(state.expanded(found(invoice, id)?, &form.list("expand")))
        }
        ("GET", ["payment_intents", id]) => {
            let payment = found(state.payments.get(*id).map(render::payment), id)?;
            Ok(state.expanded(payment, &form.list("expand")))
        }
        ("GET", ["invoice_payments"]) => invoice_payments(state, &form),
        ("GET", ["disputes"]) => disputes(state, &form),
        ("POST", ["refunds"]) => {
            form.only(&["payment_intent", "amount"])?;
            let (payment, amount) = (form.required("payment_intent")?, form.number("amount")?);
            let amount = state.refund(payment, amount)?;
            Ok(
                json!({"id": state.id("re"), "object": "refund", "amount": amount, "payment_intent": payment, "status": "succeeded"}),
            )
        }
        ("GET", ["events"]) => events(state, &form),
        _ => Err(Refusal::unknown_path(call.method.as_str(), call.path)),
    }
}

fn found(object: Option<Value>, id: &str) -> Result<Value, Refusal> {
    object.ok_or_else(|| Refusal::not_found(id))
}

fn create_customer(state: &mut State, form: &Form) -> Result<Value, Refusal> {
    form.only(&["email", "name", "metadata", "description"])?;
    let (email, name) = (form.get("email").unwrap_or_default(), form.get("name").unwrap_or_default());
    let id = state.new_customer(email, name, &form.map("metadata"));
    found(state.customers.get(&id).map(render::customer), &id)
}

impl State {
    pub(crate) fn new_customer(&mut self, email: &str, name: &str, metadata: &Metadata) -> String {
        let id = self.id("cus");
        let customer = Customer {
            id: id.clone(),
            email: email.to_owned(),
            name: name.to_owned(),
            metadata: metadata.clone(),
            created: self.now,
            card: Default::default(),
        };
        self.customers.insert(id.clone(), customer);
        id
    }

    /// Begins a checkout that leads nowhere in particular; none if there is no such price.
    pub(crate) fn begin(
        &mut self,
        customer: &str,
        price: &str,
        trial_days: i64,
        metadata: &Metadata,
    ) -> Option<String> {
        let id = self.id("cs_test");
        let session = Session {
            id: id.clone(),
            mode: if is_recurring(price) { "subscription" } else { "payment" }.to_owned(),
            status: "open".to_owned(),
            payment_status: "unpaid".to_owned(),
            customer: customer.to_owned(),
            subscription: None,
            payment: None,
            client_reference_id: None,
            metadata: metadata.clone(),
            outcome_metadata: metadata.clone(),
            price: price.to_owned(),
            trial_days,
            success_url: String::new(),
            cancel_url: String::new(),
            created: self.now,
            expires_at: self.now.saturating_add(DAY),
            amount_total: amount_of(price)?,
        };
        self.sessions.insert(id.clone(), session);
        Some(id)
    }
}

/// The parameters of a session that the sandbox knows.
const SESSION_PARAMETERS: [&str; 12] = [
    "mode",
    "customer",
    "client_reference_id",
    "line_items",
    "success_url",
    "cancel_url",
    "metadata",
    "subscription_data",
    "payment_intent_data",
    "allowed_payment_method_types",
    "expires_at",
    "customer_email",
];

fn create_session(state: &mut State, form: &Form, url: &str) -> Result<Value, Refusal> {
    form.only(&SESSION_PARAMETERS)?;
    let (mode, price) = (form.required("mode")?, form.required("line_items[0][price]")?);
    let amount = amount_of(price)
        .ok_or_else(|| Refusal::invalid("resource_missing", "line_items[0][price]", "No such price"))?;
    if (mode == "subscription") != is_recurring(price) || !matches!(mode, "subscription" | "payment") {
        return Err(Refusal::invalid("parameter_invalid", "mode", "The price does not fit the mode"));
    }
    let customer = form.required("customer")?;
    if !state.customers.contains_key(customer) {
        return Err(Refusal::invalid("resource_missing", "customer", "No such customer"));
    }
    let data = if mode == "subscription" { "subscription_data" } else { "payment_intent_data" };
    let session = Session {
        id: state.id("cs_test"),
        mode: mode.to_owned(),
        status: "open".to_owned(),
        payment_status: "unpaid".to_owned(),
        customer: customer.to_owned(),
        subscription: None,
        payment: None,
        client_reference_id: form.get("client_reference_id").map(str::to_owned),
        metadata: form.map("metadata"),
        outcome_metadata: form.map(&format!("{data}[metadata]")),
        price: price.to_owned(),
        trial_days: form.number("subscription_data[trial_period_days]")?.unwrap_or(0),
        success_url: form.required("success_url")?.to_owned(),
        cancel_url: form.get("cancel_url").unwrap_or_default().to_owned(),
        created: state.now,
        expires_at: form.number("expires_at")?.unwrap_or_else(|| state.now.saturating_add(DAY)),
        amount_total: amount,
    };
    let object = render::session(&session, url);
    state.sessions.insert(session.id.clone(), session);
    Ok(object)
}

fn expire_session(state: &mut State, id: &str, url: &str) -> Result<Value, Refusal> {
    let open = state.sessions.get(id).ok_or_else(|| Refusal::not_found(id))?.status == "open";
    if !open {
        let message = "Only Checkout Sessions with a status in [\"open\"] can be expired.";
        return Err(Refusal::invalid("resource_invalid_state", "session", message));
    }
    state.expire(id);
    found(state.sessions.get(id).map(|session| render::session(session, url)), id)
}

fn create_portal(state: &mut State, form: &Form, url: &str) -> Result<Value, Refusal> {
    form.only(&["customer", "return_url", "configuration", "flow_data"])?;
    let customer = form.required("customer")?.to_owned();
    if !state.customers.contains_key(&customer) {
        return Err(Refusal::invalid("resource_missing", "customer", "No such customer"));
    }
    let id = state.id("bps");
    state.portals.insert(id.clone(), (customer.clone(), form.get("return_url").unwrap_or_default().to_owned()));
    Ok(json!({"id": id, "object": "billing_portal.session", "customer": customer, "url": format!("{url}/portal/{id}")}))
}

/// A page of a list whose newest stands first.
fn page(url: &str, form: &Form, objects: impl DoubleEndedIterator<Item = Value>) -> Result<Value, Refusal> {
    let limit = usize::try_from(form.number("limit")?.unwrap_or(10).clamp(1, 100)).unwrap_or(10);
    let mut objects = objects.rev().collect::<Vec<_>>();
    if let Some(after) = form.get("starting_after") {
        let place = objects.iter().position(|object| object.get("id").and_then(Value::as_str) == Some(after));
        objects = objects.split_off(place.map_or(objects.len(), |place| place.saturating_add(1)));
    }
    let has_more = objects.len() > limit;
    objects.truncate(limit);
    Ok(list(url, objects, has_more))
}

fn subscriptions(state: &State, form: &Form) -> Result<Value, Refusal> {
    let status = form.get("status");
    let wanted = state.subscriptions.values().filter(|one| {
        form.get("customer").is_none_or(|customer| one.customer == customer)
            && status.map_or(one.is_live(), |status| status == "all" || one.status == status)
    });
    page("/v1/subscriptions", form, wanted.map(|one| render::subscription(one, Shape::New)))
}

fn change_subscription(state: &mut State, form: &Form, id: &str) -> Result<Value, Refusal> {
    form.only(&[
        "items",
        "proration_behavior",
        "payment_behavior",
        "billing_cycle_anchor",
        "cancel_at_period_end",
        "trial_end",
        "metadata",
    ])?;
    if let Some(item) = form.get("items[0][id]")
        && state.subscriptions.get(id).is_none_or(|one| one.item != item)
    {
        return Err(Refusal::invalid("resource_missing", "items[0][id]", "No such subscription item"));
    }
    let change = Change {
        price: form.get("items[0][price]").map(str::to_owned),
        charged_now: form.get("proration_behavior") == Some("always_invoice"),
        ends_trial: form.get("trial_end") == Some("now"),
        cancel_at_period_end: form.flag("cancel_at_period_end"),
        metadata: form.map("metadata"),
    };
    state.change(id, change)
}

fn invoices(state: &State, form: &Form, url: &str) -> Result<Value, Refusal> {
    let is = |name: &str, value: &str| form.get(name).is_none_or(|wanted| wanted == value);
    let wanted = state.invoices.values().filter(|one| {
        is("customer", &one.customer) && is("subscription", &one.subscription) && is("status", &one.status)
    });
    page("/v1/invoices", form, wanted.map(|one| render::invoice(one, url, Shape::New)))
}

fn invoice_payments(state: &State, form: &Form) -> Result<Value, Refusal> {
    let payment = form.required("payment[payment_intent]")?;
    let invoice = state.payments.get(payment).and_then(|payment| payment.invoice.as_ref());
    let object = invoice.map(|invoice| {
        json!({"id": format!("inpay_{invoice}"), "object": "invoice_payment", "invoice": invoice, "status": "paid",
            "payment": {"type": "payment_intent", "payment_intent": payment}})
    });
    page("/v1/invoice_payments", form, object.into_iter())
}

fn disputes(state: &State, form: &Form) -> Result<Value, Refusal> {
    let wanted = state.disputes.values().filter(|one| form.get("payment_intent").is_none_or(|id| one.payment == id));
    page("/v1/disputes", form, wanted.map(|one| render::dispute(one, state.payments.get(&one.payment))))
}

fn events(state: &State, form: &Form) -> Result<Value, Refusal> {
    let (types, from) = (form.list("types"), form.number("created[gte]")?.unwrap_or(0));
    let oldest = from.max(state.now.saturating_sub(30 * DAY));
    let wanted = state
        .events
        .iter()
        .filter(|event| event.created >= oldest && (types.is_empty() || types.contains(&event.kind.as_str())));
    page("/v1/events", form, wanted.map(|event| event.body.clone()))
}
