//! `GET /_local/requests`: the journal, for people and programs on this machine.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use shared::http::ClientAddress;

use super::{Journal, page};
use crate::this_machine;

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

async fn requests(
    State(journal): State<Journal>,
    Extension(client): Extension<ClientAddress>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let entries = journal.entries(asked.correlation.as_deref());
    let document = || this_machine::list(&entries.iter().map(Arc::as_ref).collect::<Vec<_>>());
    this_machine::answer(client, &headers, || page::of(&entries, asked.correlation.as_deref()), document)
}
