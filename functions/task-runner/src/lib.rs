//! Carries out tasks.
//!
//! A message on the `tasks` queue says that a task may be due; its row says whether it is. The row is claimed with a lease, the work is
//! done, and what came of it is recorded in one transaction on top of the claim: a message that comes twice, or late, or to two workers
//! at once, changes nothing, and a worker that dies leaves a row that is due again when its lease ends.

mod email_campaign;
mod lead_followup;
mod notes;
mod outcome;
mod run;
mod social_media_post;

use std::sync::Arc;

use shared::ai::Ai;
use shared::queue::TaskMessage;
use shared::services::Services;
use shared_lambda::{QueueSender, SqsBatchResponse, SqsEvent, handle_batch};

pub use run::run_task;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table, the time.
    pub services: Services,
    /// Who writes.
    pub ai: Arc<dyn Ai>,
}

/// Works off a batch of messages; those that can never be dealt with go to `dead_letters`.
pub async fn handle(deps: &Deps, dead_letters: &QueueSender, event: SqsEvent) -> SqsBatchResponse {
    handle_batch(event, dead_letters, |message: TaskMessage| run_task(deps, message)).await
}
