//! What was noted about a lead goes when the lead goes.

use shared::event::Event;
use shared::id::{LeadActivityId, LeadId};
use shared::model::lead::Lead;
use shared::model::lead_activity::LeadActivity;
use shared::store::{Key, Listing, Range, Store, StoreError, Transaction};

use crate::ProjectionError;

/// How many activities one transaction removes.
const PAGE: u16 = 25;
/// How many such pages one attempt removes: 5,000 activities.
const PAGES_MAXIMUM: usize = 200;

/// Removes the activities of a deleted lead. Doing it again, or going on after half of it, changes nothing else.
pub(crate) async fn activities(store: &Store, event: &Event, lead: LeadId) -> Result<(), ProjectionError> {
    let organization = event.organization_id;
    let back_again = store.get::<Lead>(&Lead::key_of(organization, lead)).await?.is_some();
    // An event that comes late must not take what a lead of the same id has gathered since.
    let range = match back_again {
        true => Range::Before(LeadActivityId::from(event.id.ulid()).to_string()),
        false => Range::All,
    };
    let listing = Listing::of_partition(LeadActivity::partition(organization, lead)).range(range).limit(PAGE);
    for _ in 0..PAGES_MAXIMUM {
        let page = store.list_items(&listing, None).await?;
        let keys = page.data.iter().map(Key::of).collect::<Result<Vec<_>, StoreError>>()?;
        let plan = || async {
            let mut transaction = Transaction::<ProjectionError>::new();
            keys.iter().for_each(|key| transaction.delete_key(key.clone()));
            Ok::<_, ProjectionError>((transaction, ()))
        };
        store.execute(plan).await?;
        if page.next_cursor.is_none() {
            return Ok(());
        }
    }
    Err(ProjectionError::ActivitiesLeft)
}
