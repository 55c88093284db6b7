//! Tells organisations' own endpoints of their events, by Standard Webhooks.
//!
//! A message on the `webhooks-out` queue says that a delivery may be due; its row says whether it is. The row is claimed with a lease, the
//! event is sent, and what came of it is recorded on top of the claim. A message may come to an endpoint twice, which knows it by its id;
//! it goes to servers of the public Internet alone, follows no redirect, and what the endpoint answers is neither kept nor logged.

mod message;
mod send;

use shared::queue::WebhookMessage;
use shared::services::Services;
use shared_lambda::{QueueSender, SqsBatchResponse, SqsEvent, handle_batch};
use vendors::http::Http;

pub use send::deliver;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
    /// The way to endpoints, which reaches no further than it may.
    pub http: Http,
}

/// Works off a batch of messages; those that can never be dealt with go to `dead_letters`.
pub async fn handle(deps: &Deps, dead_letters: &QueueSender, event: SqsEvent) -> SqsBatchResponse {
    handle_batch(event, dead_letters, |message: WebhookMessage| deliver(deps, message)).await
}
