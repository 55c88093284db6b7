//! Entering requests: a layer around the routes of each function.

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use shared::trace::Trace;

use super::Journal;
use super::entry::{Beginning, Kind, Outcome};

/// The routes of a function, entered in the journal and run with the function's rights. It stands inside of the router's matching, so that
/// paths are known as the function writes them, without the ids in them.
pub(crate) fn recorded(journal: &Journal, function: &'static str, routes: Router) -> Router {
    routes.layer(from_fn_with_state((journal.clone(), function), record))
}

async fn record(State((journal, function)): State<(Journal, &'static str)>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("(no such path)", MatchedPath::as_str);
    let trace = request.extensions().get::<Trace>().copied();
    let beginning = Beginning {
        kind: Kind::Http,
        function: function.to_owned(),
        source: format!("{} {path}", request.method()),
        request_id: trace.and_then(|trace| trace.request_id).map(|id| id.to_string()),
        correlation_id: trace.map(|trace| trace.correlation_id.to_string()),
        trace_id: trace.map(|trace| trace.trace_id().to_string()),
        received: Vec::new(),
    };
    journal.record(beginning, next.run(request), answered).await
}

fn answered(response: &Response) -> Outcome {
    let status = response.status();
    let words = status.canonical_reason().unwrap_or("answered").to_lowercase();
    Outcome { status: Some(status.as_u16()), words, ok: !status.is_server_error() }
}
