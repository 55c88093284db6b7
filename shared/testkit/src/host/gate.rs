//! A gate before table and queues: while it is closed requests wait, and are lost when it opens.

use ::http::StatusCode;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

#[derive(Debug)]
pub(super) struct Gate(watch::Sender<bool>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::Sender::new(true))
    }
}

impl Gate {
    /// The router behind this gate.
    pub(super) fn before(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.0.subscribe(), pass))
    }

    /// Closes the gate for as long as the answer lives.
    pub(super) fn close(&self) -> Closed<'_> {
        self.0.send_replace(false);
        Closed(self)
    }
}

pub(super) struct Closed<'a>(&'a Gate);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.0.send_replace(true);
    }
}

async fn pass(State(mut gate): State<watch::Receiver<bool>>, request: Request, next: Next) -> Response {
    if *gate.borrow_and_update() {
        return next.run(request).await;
    }
    // Whoever sent it may be gone by then, and must not act any more. Where the gate itself is gone the test has ended.
    let _ = gate.changed().await;
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
