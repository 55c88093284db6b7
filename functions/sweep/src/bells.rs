//! Ringing a queue for rows that are due.

use serde::Serialize;
use shared::store::Key;
use shared_lambda::{QueueError, QueueSender};

use crate::Outcome;

/// Rings for the rows at these keys, each by the message that `message` makes of its key; how many were rung for, and what went wrong.
pub(crate) async fn ring<M: Serialize>(
    queue: &QueueSender,
    keys: &[Key],
    message: impl Fn(&Key) -> Option<M>,
) -> (usize, Outcome) {
    let mut outcome = Outcome::default();
    let mut messages = Vec::with_capacity(keys.len());
    for key in keys {
        match message(key) {
            Some(message) => messages.push(message),
            None => {
                tracing::error!(pk = key.pk, sk = key.sk, "a due row is none of its kind");
                outcome.summary.unreadable += 1;
            }
        }
    }
    let unsent = match queue.send_all(&messages).await {
        Ok(()) => 0,
        Err(error) => {
            tracing::error!(%error, "what is due could not be rung for");
            outcome.fault = Some(error.to_string());
            match error {
                QueueError::Partial { failed, .. } => failed.len(),
                QueueError::Message(_) | QueueError::Send(_) => messages.len(),
            }
        }
    };
    (messages.len().saturating_sub(unsent), outcome)
}
