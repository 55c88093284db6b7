//! Turns events into counters, mails and doorbells, and rings for what vendors' webhooks brought.
//!
//! The platform's stream brings every event once or more, in order only where events touch the same item. So an event's effects commute
//! with those of all others and are written together with a marker that keeps them to one time ([`project`]). An event whose projection
//! fails becomes a row that the sweep brings back, and the stream goes on.

mod activity;
mod change;
mod effects;
mod error;
mod failure;
mod project;
mod purge;
mod webhooks;

use shared::queue::InboundMessage;
use shared::services::Services;
use shared_lambda::{DynamoDbEventResponse, EventRecord, QueueSender, StreamEvent, handle_stream};

pub use error::ProjectionError;
pub use project::project;
pub use webhooks::KnownWebhooks;

use change::Change;

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
    /// The `tasks` queue.
    pub tasks: QueueSender,
    /// The `mail` queue.
    pub mail: QueueSender,
    /// The `webhooks-out` queue.
    pub webhooks: QueueSender,
    /// The `webhooks` queue.
    pub inbound: QueueSender,
    /// The endpoints that this instance knows of.
    pub known_webhooks: KnownWebhooks,
}

/// Works through a batch of the platform table's stream.
pub async fn handle(deps: &Deps, event: StreamEvent) -> DynamoDbEventResponse {
    handle_stream(event, |record| handle_record(deps, record)).await
}

/// Works on one record: a new event, a vendor's event, or a failed one that the sweep touched; any other is passed over.
///
/// # Errors
/// When the projection failed and even that could not be recorded: then the stream has to bring the record again.
pub async fn handle_record(deps: &Deps, record: EventRecord) -> Result<(), ProjectionError> {
    let ((organization, event), outcome) = match Change::of(record) {
        Change::Other => return Ok(()),
        Change::Happened(event) => ((event.organization_id, event.id), project(deps, &event).await),
        Change::Received { provider, event_id, trace } => {
            trace.record();
            let message = InboundMessage::Event { provider, event_id, trace: Some(trace) };
            // The row stands in the index of what is due: a bell that is not heard costs it a minute.
            if let Err(error) = deps.inbound.send(&message).await {
                tracing::warn!(%error, "a vendor's event could not be rung for; the sweep will");
            }
            return Ok(());
        }
        Change::Touched(organization, event) => {
            ((organization, event), failure::attempt_again(deps, organization, event).await)
        }
        Change::Unreadable(Some(ids)) => (ids, Err(ProjectionError::Unreadable)),
        Change::Unreadable(None) => {
            // Nobody could ever read it, so holding up the stream for it would help nobody.
            tracing::error!("a record names no event and is passed over");
            return Ok(());
        }
    };
    let Err(error) = outcome else { return Ok(()) };
    tracing::error!(%organization, %event, reason = %error, "an event could not be projected; it will be tried again");
    failure::remember(deps, organization, event, &error).await
}
