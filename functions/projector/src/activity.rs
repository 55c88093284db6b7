//! The day on which somebody was last active.

use shared::event::{Actor, Event};
use shared::model::activity_day::{ActiveDay, LastActiveDay};
use shared::store::{Store, Transaction};

use crate::ProjectionError;

/// Adds to an event's transaction that its actor was active on its day. Days only move forward, so events may come in any order; the
/// account's row is replaced only as it was read, so that of two events at once the second looks again. Returns whether the day is the
/// account's newest so far.
pub(crate) async fn note(
    store: &Store,
    transaction: &mut Transaction<ProjectionError>,
    event: &Event,
) -> Result<bool, ProjectionError> {
    let Actor::User { user_id } = event.actor else { return Ok(false) };
    let day = event.at.day();
    match store.get::<LastActiveDay>(&LastActiveDay::key_of(user_id)).await? {
        None => {
            transaction.update(ActiveDay::add(&day, user_id, 1));
            transaction.create(LastActiveDay { user_id, day });
        }
        Some(last) if last.day < day => {
            transaction.update(ActiveDay::add(&last.day, user_id, -1));
            transaction.update(ActiveDay::add(&day, user_id, 1));
            transaction.replace(&last, LastActiveDay { user_id, day });
        }
        Some(_) => return Ok(false),
    }
    Ok(true)
}
