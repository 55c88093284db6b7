//! Works off what vendors' webhooks told.
//!
//! A message on the `webhooks` queue says that an event may be due; its row says whether it is. The row is claimed with a lease, what the
//! event is about is asked for anew, and what follows from it is written in one transaction with the row's own end. So it does not matter
//! in which order events come, how often, or how late. An account whose plan changes by time alone is settled the same way.

mod process;
mod review;

use payments::Payments;
use shared::queue::InboundMessage;
use shared::services::Services;
use shared_lambda::{JobError, QueueSender, SqsBatchResponse, SqsEvent, handle_batch};

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
    /// Stripe and the prices; none where payments are not set up.
    pub payments: Option<Payments>,
}

/// Works off a batch of messages; those that can never be dealt with go to `dead_letters`.
pub async fn handle(deps: &Deps, dead_letters: &QueueSender, event: SqsEvent) -> SqsBatchResponse {
    handle_batch(event, dead_letters, |message: InboundMessage| work(deps, message)).await
}

/// Works off one message.
///
/// # Errors
/// [`JobError::Reject`] when the event was given up, or a row cannot be read; [`JobError::Retry`] when the store fails.
pub async fn work(deps: &Deps, message: InboundMessage) -> Result<(), JobError> {
    match message {
        InboundMessage::Event { provider, event_id, .. } => process::process(deps, provider, &event_id).await,
        InboundMessage::Review { organization_id } => review::review(deps, organization_id).await,
    }
}
