//! What is left of accounts that were erased.
//!
//! The account's row, its address and its profile went with the command. Here goes what others have of it (connections, endorsements,
//! memberships) and what only it has, in chunks that each are one transaction; whatever is repeated after a crash changes nothing. The last
//! transaction removes the work itself, with the event that says so.

use shared::access::Role;
use shared::event::{Actor, Fact};
use shared::id::UserId;
use shared::model::connection::{Connection, ConnectionCount, ConnectionState};
use shared::model::erasure::Erasure;
use shared::model::membership::Membership;
use shared::model::portfolio_entry::PortfolioEntry;
use shared::model::skill::{Endorsement, Skill};
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Entity, Key, Listing, Range, Transaction, Versioned};

/// How many rows that others have a part in are removed at once: each is up to three writes.
const PAIRS: u16 = 30;
/// How many rows of the account's own are removed at once.
const ROWS: u16 = 90;

/// Removes the next rows of what is left of an erased account; 0 if nothing is.
pub(crate) async fn remove(services: &Services, work: &Versioned<Erasure>) -> Result<usize, Problem> {
    let id = work.user_id;
    let mut removed = connections(services, id).await?;
    if removed == 0 {
        removed = endorsements_given(services, id).await?;
    }
    if removed == 0 {
        removed = memberships(services, work).await?;
    }
    for partition in
        [Skill::partition(id), Endorsement::partition(id), PortfolioEntry::partition(id), User::key_of(id).pk]
    {
        if removed == 0 {
            removed = rows(services, id, partition).await?;
        }
    }
    Ok(removed)
}

/// What is between the account and others: both sides, and the others' counts.
async fn connections(services: &Services, id: UserId) -> Result<usize, Problem> {
    let listing = Listing::of_partition(Connection::partition(id)).limit(PAIRS);
    let plan = || async {
        let mine = services.store.list::<Connection>(&listing, None).await?.data;
        let keys = mine.iter().map(|mine| Connection::key_of(mine.other_id, id)).collect::<Vec<_>>();
        let mut transaction = Transaction::<Problem>::new();
        for theirs in services.store.batch_get(&keys).await?.into_values() {
            let theirs = Versioned::<Connection>::from_item(theirs)?;
            transaction.delete(&theirs);
            if theirs.state == Some(ConnectionState::Connected) {
                transaction.update(ConnectionCount::add(theirs.user_id, -1));
            }
        }
        mine.iter().for_each(|mine| transaction.delete(mine));
        Ok::<_, Problem>((transaction, mine.len()))
    };
    services.store.execute(plan).await
}

/// What the account said of others' skills. The index may still have rows that are gone.
async fn endorsements_given(services: &Services, id: UserId) -> Result<usize, Problem> {
    let listing = Listing::of_index(Endorsement::partition(id), Endorsement::given_by(id)).limit(PAIRS);
    let plan = || async {
        let given = services.store.list::<Endorsement>(&listing, None).await?.data;
        let keys = given.iter().flat_map(|given| [given.key(), Skill::key_of(given.user_id, given.skill_id)]);
        let mut items = services.store.batch_get(&keys.collect::<Vec<_>>()).await?;
        let (mut transaction, mut removed) = (Transaction::<Problem>::new(), 0_usize);
        for given in given {
            let Some(row) = items.remove(&given.key()) else { continue };
            transaction.delete(&Versioned::<Endorsement>::from_item(row)?);
            removed = removed.saturating_add(1);
            if let Some(skill) = items.remove(&Skill::key_of(given.user_id, given.skill_id)) {
                let skill = Versioned::<Skill>::from_item(skill)?;
                let endorsements = skill.endorsements.saturating_sub(1);
                transaction.replace(&skill, Skill { endorsements, ..skill.value.clone() });
            }
        }
        Ok::<_, Problem>((transaction, removed))
    };
    services.store.execute(plan).await
}

/// The account's memberships. What it owned ended with it, and so needs no word of its leaving.
async fn memberships(services: &Services, work: &Versioned<Erasure>) -> Result<usize, Problem> {
    let listing = Listing::of_partition(User::key_of(work.user_id).pk)
        .range(Range::Prefix(Membership::PREFIX.to_owned()))
        .limit(PAIRS);
    let plan = || async {
        let memberships = services.store.list::<Membership>(&listing, None).await?.data;
        let mut transaction = Transaction::<Problem>::new();
        for membership in &memberships {
            transaction.delete(membership);
            if membership.role != Role::Owner {
                let fact = Fact::MemberLeft { user_id: work.user_id };
                transaction.create(services.event(membership.organization_id, Actor::Platform, work.trace, fact));
            }
        }
        Ok::<_, Problem>((transaction, memberships.len()))
    };
    services.store.execute(plan).await
}

/// Rows that are the account's alone. Its own row stays, and says that it is erased.
async fn rows(services: &Services, id: UserId, partition: String) -> Result<usize, Problem> {
    let listing = Listing::of_partition(partition).limit(ROWS);
    let plan = || async {
        let page = services.store.list_items(&listing, None).await?;
        let keys = page.data.iter().map(Key::of).collect::<Result<Vec<_>, _>>()?;
        let (mut transaction, own) = (Transaction::<Problem>::new(), User::key_of(id));
        let keys = keys.into_iter().filter(|key| *key != own).collect::<Vec<_>>();
        let removed = keys.len();
        keys.into_iter().for_each(|key| transaction.delete_key(key));
        Ok::<_, Problem>((transaction, removed))
    };
    services.store.execute(plan).await
}

/// Ends the work on an erased account of which nothing is left; false if somebody else did.
pub(crate) async fn finish(services: &Services, id: UserId) -> Result<bool, Problem> {
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        let Some(work) = services.store.get::<Erasure>(&Erasure::key_of(id)).await? else {
            return Ok((transaction, false));
        };
        transaction.delete(&work);
        let fact = Fact::AccountErased { user_id: id };
        transaction.create(services.event(id.personal_organization(), Actor::Platform, work.trace, fact));
        Ok::<_, Problem>((transaction, true))
    };
    services.store.execute(plan).await
}
