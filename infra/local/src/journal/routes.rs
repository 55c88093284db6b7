//! `GET /_local/requests`: the journal, for people and programs on this machine.

use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use shared::http::ClientAddress;
use shared::problem::Problem;

use super::{Entry, Journal, page};

/// Where the journal is.
pub(crate) const PATH: &str = "/_local/requests";

/// The journal's route. It needs no token: it answers nobody but this machine, and tells no secrets.
pub(crate) fn routes(journal: Journal) -> Router {
    Router::new().route(PATH, get(requests)).with_state(journal)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    correlation: Option<String>,
}

/// What programs are answered.
#[derive(Serialize)]
struct Answer<'a> {
    data: Vec<&'a Entry>,
}

async fn requests(
    State(journal): State<Journal>,
    Extension(client): Extension<ClientAddress>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    if !client.0.is_loopback() || !names_this_machine(&headers) {
        return Problem::new(StatusCode::FORBIDDEN, "forbidden", "The journal is only for this machine.")
            .into_response();
    }
    let entries = journal.entries(asked.correlation.as_deref());
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = if accepted.contains("text/html") {
        let mut response = Html(page::of(&entries, asked.correlation.as_deref())).into_response();
        // Nothing but what stands in the page: it needs no script and fetches nothing.
        let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    } else {
        Json(Answer { data: entries.iter().map(Arc::as_ref).collect() }).into_response()
    };
    let fixed = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    response.headers_mut().extend(fixed);
    response
}

/// Whether the request was meant for this machine by name too: a page from elsewhere whose name was made to point here must not read on.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}
