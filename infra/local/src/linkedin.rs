//! `/_local/linkedin`: the page of LinkedIn's where people agree to sign in, in LinkedIn's place, for people and programs on this machine.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use embedded::{LinkedIn, LinkedInMember};
use sha2::{Digest, Sha256};
use shared::encoding::{html_escaped, shortened};
use shared::http::ClientAddress;
use shared::problem::Problem;

use crate::this_machine;

/// Where LinkedIn's addresses are found here.
pub(crate) const PATH: &str = "/_local/linkedin";

const STYLE: &str = include_str!("journal/page.css");

/// The page, and where its form goes.
pub(crate) fn routes(linkedin: LinkedIn) -> Router {
    Router::new()
        .route(&format!("{PATH}/oauth/v2/authorization"), get(ask))
        .route(&format!("{PATH}/agree"), post(agree))
        .with_state(linkedin)
}

async fn ask(uri: Uri, Extension(client): Extension<ClientAddress>, headers: HeaderMap) -> Response {
    let request = uri.to_string();
    let only_page = || Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "This page is for people.");
    this_machine::answer(client, &headers, || page(&request), || only_page().into_response())
}

/// Sends back whoever the form says that they are.
async fn agree(
    State(linkedin): State<LinkedIn>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form: HashMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let field = |name: &str| form.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (name, email) = (field("name"), field("email"));
    // Whoever has the same address, or without one the same name, is the same person the next time.
    let who = email.as_ref().or(name.as_ref()).map_or("nobody", String::as_str);
    let subject = shortened(Sha256::digest(who.as_bytes()), 10);
    let member = LinkedInMember { subject, email_verified: field("verified").is_some(), name, email };
    let back = || match linkedin.agree(&field("request").unwrap_or_default(), &member) {
        Ok(address) => (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response(),
        Err(reason) => Problem::new(StatusCode::BAD_REQUEST, "malformed", reason).into_response(),
    };
    this_machine::answer_any(client, &headers, back)
}

fn page(request: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>Sign in with LinkedIn · Groundwork</title><style>{STYLE}\
         form {{ display: grid; gap: 1rem; max-width: 24rem }} label {{ display: grid; gap: .25rem }}</style></head><body><header>\
         <h1>Sign in with LinkedIn</h1><p>This stands in LinkedIn's place on this machine. Be whoever you like.</p></header><main>\
         <form method=\"post\" action=\"{PATH}/agree\"><input type=\"hidden\" name=\"request\" value=\"{}\">\
         <label>Name<input name=\"name\" value=\"Ada Lovelace\"></label>\
         <label>E-mail address<input name=\"email\" value=\"ada@example.com\"></label>\
         <label>LinkedIn knows the address to be theirs<input type=\"checkbox\" name=\"verified\" value=\"yes\" checked></label>\
         <button>Agree</button></form></main></body></html>",
        html_escaped(request)
    )
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_request_does_not_become_the_page() {
        assert!(!page("/?state=\"><script>").contains("<script>"));
    }
}
