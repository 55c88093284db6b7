//! The pages: a checkout and a customer portal that a person clicks through.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use shared::clock::Timestamp;
use shared::encoding::html_escaped;
use vendors::stripe::webhook::{SIGNATURE_HEADER, sign};

use crate::form::Form;
use crate::state::{Card, Session, State as Everything};
use crate::{Sandbox, WEBHOOK_SECRET};

const STYLE: &str = "body{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem;\
    margin:.25rem .5rem .25rem 0}fieldset{border:1px solid #ccc;border-radius:.5rem;margin:1rem 0}label{display:block}\
    .error{color:#b00020}small{color:#666}";

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/checkout/{session}", get(checkout).post(pay))
        .route("/portal/{session}", get(portal).post(act))
        .route("/invoice/{invoice}", get(invoice))
        .route("/signed/{event}", get(signed))
}

fn page(title: &str, content: &str) -> Response {
    let title = html_escaped(title);
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>{title} · Stripe sandbox</title><style>{STYLE}</style></head><body><h1>{title}</h1>{content}\
         <p><small>This is the local cloud's sandbox of Stripe. No money moves.</small></p></body></html>"
    ))
    .into_response()
}

fn not_there() -> Response {
    (StatusCode::NOT_FOUND, page("Not here", "<p>There is no such page.</p>")).into_response()
}

fn dollars(cents: i64) -> String {
    format!("${}.{:02}", cents / 100, cents % 100)
}

fn checkout_page(session: &Session, error: &str, confirm: bool) -> Response {
    let error = if error.is_empty() { String::new() } else { format!("<p class=\"error\" role=\"alert\">{error}</p>") };
    let what = if session.mode == "subscription" { "a month, until it is cancelled" } else { "once" };
    let amount = dollars(session.amount_total);
    let form = if confirm {
        "<p>Your bank asks you to confirm this payment.</p><form method=\"post\"><input type=\"hidden\" name=\"card\" \
         value=\"requires_action\"><button name=\"confirmed\" value=\"yes\">Confirm</button><button name=\"confirmed\" value=\"no\">\
         Refuse</button></form>"
            .to_owned()
    } else {
        let card = |value: &str, text: &str, checked: &str| {
            format!("<label><input type=\"radio\" name=\"card\" value=\"{value}\"{checked}> {text}</label>")
        };
        let cards = [
            card("accepted", "4242 4242 4242 4242: a card that pays", " checked"),
            card("declined", "4000 0000 0000 9995: a card without money", ""),
            card("requires_action", "4000 0025 0000 3155: a card whose owner confirms each payment", ""),
            card("slow", "A debit that takes three days", ""),
            card("slow_and_failing", "A debit that fails after three days", ""),
        ];
        format!(
            "<form method=\"post\"><fieldset><legend>Pay with</legend>{}</fieldset><button>Pay {amount}</button></form>",
            cards.concat()
        )
    };
    let back = html_escaped(&session.cancel_url);
    page(
        "Checkout",
        &format!(
            "<p><b>{}</b>: {amount} {what}</p>{error}{form}<p><a href=\"{back}\">Back</a></p>",
            html_escaped(&session.price)
        ),
    )
}

fn open_session(sandbox: &Sandbox, id: &str) -> Option<Session> {
    sandbox.act(|state| state.sessions.get(id).filter(|session| session.status == "open").cloned())
}

async fn checkout(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    open_session(&sandbox, &id).map_or_else(not_there, |session| checkout_page(&session, "", false))
}

async fn pay(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Response {
    let Some(session) = open_session(&sandbox, &id) else { return not_there() };
    let form = Form::read(&body);
    let Some(card) = form.get("card").and_then(Card::of_name) else { return not_there() };
    if card == Card::RequiresAction {
        match form.get("confirmed") {
            None => return checkout_page(&session, "", true),
            Some("yes") => {}
            Some(_) => return checkout_page(&session, "The payment was not confirmed.", false),
        }
    }
    if sandbox.pay(&id, card) {
        Redirect::to(&session.success_url.replace("{CHECKOUT_SESSION_ID}", &id)).into_response()
    } else {
        checkout_page(&session, "Your card was declined.", false)
    }
}

async fn portal(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let content = sandbox.act(|state| {
        let (customer, return_url) = state.portals.get(&id)?.clone();
        Some(portal_content(state, &customer, &return_url))
    });
    content.map_or_else(not_there, |content| page("Billing", &content))
}

fn button(action: &str, text: &str) -> String {
    format!("<button name=\"action\" value=\"{}\">{text}</button>", html_escaped(action))
}

fn portal_content(state: &Everything, customer: &str, return_url: &str) -> String {
    let mut content = String::new();
    for one in state.subscriptions.values().filter(|one| one.customer == customer) {
        let end = Timestamp::from_seconds(one.period_end).day();
        let what = if one.cancel_at_period_end { "ends" } else { "renews" };
        let until = if one.is_live() { format!(", {what} on {end}") } else { String::new() };
        content.push_str(&format!("<p><b>{}</b>: {}{until}</p>", html_escaped(&one.price), html_escaped(&one.status)));
    }
    content.push_str("<form method=\"post\"><fieldset><legend>Subscription</legend>");
    content.push_str(&button("cancel", "Cancel at the period's end"));
    content.push_str(&button("resume", "Do not cancel"));
    content.push_str("</fieldset><fieldset><legend>Card</legend>");
    content.push_str(&button("card accepted", "Use a card that pays"));
    content.push_str(&button("card declined", "Use a card without money"));
    content.push_str(&button("collect", "Pay what is open"));
    content.push_str("</fieldset><fieldset><legend>Invoices and payments</legend>");
    for one in state.invoices.values().filter(|one| one.customer == customer) {
        let (number, amount) = (html_escaped(&one.number), dollars(one.amount_due));
        content.push_str(&format!("<p><b>{number}</b>: {amount}, {}</p>", html_escaped(&one.status)));
    }
    for one in state.payments.values().filter(|one| one.customer == customer && one.status == "succeeded") {
        let left = one.amount.saturating_sub(one.amount_refunded);
        content.push_str(&format!("<p>Payment of {}, {} of it left ", dollars(one.amount), dollars(left)));
        content.push_str(&button(&format!("refund {}", one.id), "Give back"));
        content.push_str(&button(&format!("dispute {}", one.id), "Take into question"));
        content.push_str("</p>");
    }
    for one in state.disputes.values().filter(|one| one.status == "needs_response") {
        content.push_str(&format!("<p>Dispute {} ", html_escaped(&one.id)));
        content.push_str(&button(&format!("win {}", one.id), "Won"));
        content.push_str(&button(&format!("lose {}", one.id), "Lost"));
        content.push_str("</p>");
    }
    content.push_str(&format!("</fieldset></form><p><a href=\"{}\">Back</a></p>", html_escaped(return_url)));
    content
}

async fn act(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Response {
    let Some((customer, _)) = sandbox.act(|state| state.portals.get(&id).cloned()) else { return not_there() };
    let form = Form::read(&body);
    match form.get("action").unwrap_or_default().split_once(' ').unwrap_or((form.get("action").unwrap_or_default(), ""))
    {
        ("cancel", _) => sandbox.cancel(&customer, true),
        ("resume", _) => sandbox.cancel(&customer, false),
        ("card", name) => sandbox.change_card(&customer, Card::of_name(name).unwrap_or_default()),
        ("collect", _) => sandbox.collect(&customer),
        ("refund", payment) => drop(sandbox.act(|state| state.refund(payment, None))),
        ("dispute", payment) => drop(sandbox.dispute(payment)),
        ("win", dispute) => sandbox.close_dispute(dispute, true),
        ("lose", dispute) => sandbox.close_dispute(dispute, false),
        _ => return not_there(),
    }
    Redirect::to(&format!("{}/portal/{id}", sandbox.url())).into_response()
}

/// An event as it is sent: its body, and its signature of now in the header in which it would come.
async fn signed(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let body =
        sandbox.act(|state| state.events.iter().find(|event| event.id == id).map(|event| event.body.to_string()));
    let signed = body.and_then(|body| Some((sign(WEBHOOK_SECRET, body.as_bytes(), sandbox.now())?, body)));
    signed.map_or_else(not_there, |(signature, body)| {
        ([(SIGNATURE_HEADER, signature), ("content-type", "application/json".to_owned())], body).into_response()
    })
}

async fn invoice(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let found = sandbox.act(|state| state.invoices.get(&id).cloned());
    found.map_or_else(not_there, |invoice| {
        let (amount, status) = (dollars(invoice.amount_due), html_escaped(&invoice.status));
        page(&format!("Invoice {}", invoice.number), &format!("<p>{amount}, {status}</p>"))
    })
}
