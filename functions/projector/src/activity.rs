//! The day on which somebody was last active.

use shared::event::{Actor, Event};
use shared::model::activity_day::{ActiveDay, LastActiveDay};
use shared::store::{Store, Transaction};

use crate::ProjectionError;

/// Adds to an event's transaction that its actor was active on its day. Days only move forward, so events may come in any order; the
/// account's row is replaced only as it was read, so that of two events at once the second looks again.
pub(crate) async fn note(
    store: &Store,
    transaction: &mut Transaction<ProjectionError>,
    event: &Event,
) -> Result<(), ProjectionError> {
    let Actor::User { user_id } = event.actor else { return Ok(()) };
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
        Some(_) => {}
    }
    Ok(())
}
