//! One transaction of a purge.

use shared::event::{Actor, Fact};
use shared::id::OrganizationId;
use shared::model::organization::{Organization, Purged};
use shared::model::organization_data::Place;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Key, Listing, TRANSACTION_ITEMS_MAXIMUM, Transaction};
use shared::trace::Trace;

/// How many rows a chunk removes: as many as a transaction takes beside the organisation's own row.
const ROWS: usize = TRANSACTION_ITEMS_MAXIMUM - 1;
/// How many rows are looked below in a chunk; each is a query.
const PARENTS: u16 = 25;

/// What a chunk came to.
pub(crate) enum Chunk {
    /// So many rows are gone.
    Removed(usize),
    /// There is nothing more.
    Empty,
    /// The organisation is gone already, or its time is not up.
    NotDue,
}

/// Removes the next rows of a place.
pub(crate) async fn remove(services: &Services, id: OrganizationId, place: &Place) -> Result<Chunk, Problem> {
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        let Some(organization) = services.store.get::<Organization>(&Organization::key_of(id)).await? else {
            return Ok((transaction, Chunk::NotDue));
        };
        let (keys, counted) = next(services, id, place).await?;
        let Some(further) = organization.purged(counted, services.clock.now()) else {
            return Ok((transaction, Chunk::NotDue));
        };
        if keys.is_empty() {
            return Ok((transaction, Chunk::Empty));
        }
        let count = keys.len();
        keys.into_iter().for_each(|key| transaction.delete_key(key));
        transaction.replace(&organization, further);
        Ok::<_, Problem>((transaction, Chunk::Removed(count)))
    };
    services.store.execute(plan).await
}

/// The keys of the next rows, those below a row before it, and what they count for.
async fn next(services: &Services, id: OrganizationId, place: &Place) -> Result<(Vec<Key>, Purged), Problem> {
    let (mut keys, mut counted) = (Vec::new(), Purged::default());
    let limit = if place.below.is_some() { PARENTS } else { u16::try_from(ROWS).unwrap_or(PARENTS) };
    let page = services.store.list_items(&place.rows.clone().limit(limit), None).await?;
    for item in &page.data {
        let key = Key::of(item)?;
        if Place::is_own_row(&key) {
            continue;
        }
        if let Some(partition) = place.below.and_then(|below| below(id, &key.sk)) {
            // Room for the row itself stays free.
            let room = ROWS.saturating_sub(keys.len() + 1);
            let Some(room) = u16::try_from(room).ok().filter(|room| *room > 0) else { break };
            let below = services.store.list_items(&Listing::of_partition(partition).limit(room), None).await?;
            for item in &below.data {
                keys.push(Key::of(item)?);
            }
            if below.next_cursor.is_some() {
                // There may be more; then the row stays until it is gone.
                break;
            }
        }
        if keys.len() >= ROWS {
            break;
        }
        keys.push(key);
        counted.leads = counted.leads.saturating_add(place.counts.leads);
        counted.ventures = counted.ventures.saturating_add(place.counts.ventures);
    }
    Ok((keys, counted))
}

/// Removes the organisation's own row, of which nothing else is left; false if somebody else did.
pub(crate) async fn finish(services: &Services, id: OrganizationId, trace: Trace) -> Result<bool, Problem> {
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        let organization = services.store.get::<Organization>(&Organization::key_of(id)).await?;
        let further = organization.as_ref().and_then(|found| found.purged(Purged::default(), services.clock.now()));
        let purged = further.and_then(|further| further.deletion?.purged);
        let (Some(organization), Some(Purged { leads, ventures })) = (organization, purged) else {
            return Ok((transaction, false));
        };
        transaction.delete(&organization);
        let fact = Fact::OrganizationPurged { leads, ventures };
        transaction.create(services.event(id, Actor::Platform, trace, fact));
        Ok::<_, Problem>((transaction, true))
    };
    services.store.execute(plan).await
}
