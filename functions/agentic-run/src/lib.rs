//! Every hour, one message for each organisation above free.
//!
//! The message names the hour, and runs of one hour are one run: a schedule that comes twice, or is tried again after half of it, changes
//! nothing.

use futures_util::future::join_all;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::model::due_partitions;
use shared::model::organization::Organization;
use shared::queue::AgenticMessage;
use shared::services::Services;
use shared::store::{DueRow, StoreError};
use shared::trace::Trace;
use shared_lambda::{QueueError, QueueSender};

/// How many organisations are read at once.
const PAGE: u16 = 200;

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table.
    pub services: Services,
    /// The `agentic` queue.
    pub agentic: QueueSender,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The hour that the messages name.
    pub slot: String,
    /// How many organisations were sent a message.
    pub organizations: usize,
}

/// Why some organisations were not sent a message. The others were.
#[derive(Debug, thiserror::Error)]
pub enum FanOutError {
    /// The organisations could not all be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not take every message.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Sends every organisation above free its message of the hour of `time`, the shards side by side.
///
/// # Errors
/// When some could not be sent, after all others were; trying again sends to all again.
pub async fn handle(deps: &Deps, time: Timestamp) -> Result<Summary, FanOutError> {
    let (slot, trace) = (time.hour(), Trace::begin(&deps.services.ids));
    let shards = due_partitions(Organization::ABOVE_FREE).map(|partition| fan_out(deps, partition, &slot, trace));
    let mut organizations = 0_usize;
    let mut fault = None;
    for outcome in join_all(shards).await {
        match outcome {
            Ok(sent) => organizations += sent,
            Err(error) => {
                tracing::error!(slot, %error, "a shard of organisations was not sent all its messages");
                fault.get_or_insert(error);
            }
        }
    }
    tracing::info!(correlation_id = %trace.correlation_id, slot, organizations, complete = fault.is_none(), "fanned out");
    fault.map_or(Ok(Summary { slot, organizations }), Err)
}

/// Sends the messages of one shard, a page at a time; how many there were. A page that the queue does not take entirely does not keep the
/// later ones back.
async fn fan_out(deps: &Deps, partition: String, slot: &str, trace: Trace) -> Result<usize, FanOutError> {
    let mut sent = 0_usize;
    let mut fault = None;
    let mut previous = None;
    loop {
        let page = deps.services.store.due_rows(&partition, None, previous, PAGE).await?;
        let mut messages = Vec::with_capacity(page.rows.len());
        for DueRow { key, .. } in &page.rows {
            match Organization::id_of(key) {
                Some(organization_id) => {
                    messages.push(AgenticMessage { organization_id, slot: slot.to_owned(), trace })
                }
                None => tracing::error!(pk = key.pk, sk = key.sk, "a row among the organisations is none"),
            }
        }
        match deps.agentic.send_all(&messages).await {
            Ok(()) => sent += messages.len(),
            Err(error) => drop(fault.get_or_insert(error)),
        }
        if !page.has_more() {
            return fault.map_or(Ok(sent), |error| Err(error.into()));
        }
        previous = Some(page);
    }
}
