//! Pages of the local cloud that answer nobody but this machine, each as a page for people and as JSON for programs.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use shared::http::ClientAddress;
use shared::problem::Problem;

/// What a page shows, as a page or as JSON, whichever is asked for; a refusal to whoever is not of this machine.
pub(crate) fn answer(
    client: ClientAddress,
    headers: &HeaderMap,
    page: impl FnOnce() -> String,
    document: impl FnOnce() -> Response,
) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let shown = || {
        if !accepted.contains("text/html") {
            return document();
        }
        let mut response = Html(page()).into_response();
        // Nothing but what stands in the page: it needs no script and fetches nothing.
        let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    };
    answer_any(client, headers, shown)
}

/// Any answer, if it is for this machine.
pub(crate) fn answer_any(client: ClientAddress, headers: &HeaderMap, answer: impl FnOnce() -> Response) -> Response {
    if !client.0.is_loopback() || !names_this_machine(headers) {
        let refusal = Problem::new(StatusCode::FORBIDDEN, "forbidden", "This page is only for this machine.");
        return refusal.into_response();
    }
    let mut response = answer();
    let fixed = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    response.headers_mut().extend(fixed);
    response
}

/// A list as programs are answered.
pub(crate) fn list<T: Serialize>(data: &[T]) -> Response {
    #[derive(Serialize)]
    struct Answer<'a, T> {
        data: &'a [T],
    }
    Json(Answer { data }).into_response()
}

/// Whether the request was meant for this machine by name too: a page from elsewhere whose name was made to point here must not read on.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}
