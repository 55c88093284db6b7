//! What is left of files: the objects with their bytes, which go before the rows that name them.
//!
//! Removing an object that is not there changes nothing, so that whatever breaks off is simply done again.

use shared::event::{Actor, Fact};
use shared::id::{FileId, OrganizationId};
use shared::model::file::{File, FileStatus};
use shared::model::organization::{Organization, Purged};
use shared::problem::Problem;
use shared::store::{Entity, Listing, Transaction, Versioned};
use shared::trace::Trace;

use crate::Deps;
use crate::chunk::Chunk;

/// How many files of an organisation are removed at once: a request to S3 each.
const FILES: u16 = 25;

/// Removes a file that somebody removed, or whose bytes never came; false if there is nothing to remove.
pub(crate) async fn remove(
    deps: &Deps,
    organization: OrganizationId,
    id: FileId,
    trace: Trace,
) -> Result<bool, Problem> {
    let (services, key) = (&deps.services, File::key_of(organization, id));
    // What waited for its bytes in vain is removed for everybody first: they may come at this very moment.
    let plan = || async {
        let (mut transaction, now) = (Transaction::<Problem>::new(), services.clock.now());
        let Some(file) = services.store.get::<File>(&key).await? else { return Ok((transaction, None)) };
        if file.status == FileStatus::Pending && file.is_late(now) {
            File::remove(&file, now, &mut transaction);
            let fact = Fact::FileRemoved { file_id: id };
            transaction.create(services.event(organization, Actor::Platform, trace, fact));
            return Ok((transaction, Some(file.object())));
        }
        let object = (file.status == FileStatus::Removed).then(|| file.object());
        Ok::<_, Problem>((transaction, object))
    };
    let Some(object) = services.store.execute(plan).await? else { return Ok(false) };
    deps.bucket.remove(&deps.http, &object).await.map_err(Problem::unavailable)?;
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        transaction.delete_key(key.clone());
        Ok::<_, Problem>((transaction, true))
    };
    services.store.execute(plan).await
}

/// Removes the next files of an organisation that is purged.
pub(crate) async fn remove_next(deps: &Deps, id: OrganizationId) -> Result<Chunk, Problem> {
    let services = &deps.services;
    // From here on nobody restores the organisation, so that nobody misses what is removed.
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        let organization = services.store.get::<Organization>(&Organization::key_of(id)).await?;
        let organization = organization.and_then(|found| {
            let further = found.purged(Purged::default(), services.clock.now())?;
            Some((found, further))
        });
        let Some((found, further)) = organization else { return Ok((transaction, false)) };
        if found.value != further {
            transaction.replace(&found, further);
        }
        Ok::<_, Problem>((transaction, true))
    };
    if !services.store.execute(plan).await? {
        return Ok(Chunk::NotDue);
    }
    let listing = Listing::of_partition(File::partition(id)).limit(FILES);
    let files: Vec<Versioned<File>> = services.store.list(&listing, None).await?.data;
    let now = services.clock.now();
    if files.iter().any(|file| file.may_come(now)) {
        // Somebody ended their account right after they announced it: the next run finds whatever came.
        return Ok(Chunk::NotDue);
    }
    for file in &files {
        deps.bucket.remove(&deps.http, &file.object()).await.map_err(Problem::unavailable)?;
    }
    if files.is_empty() {
        return Ok(Chunk::Empty);
    }
    let plan = || async {
        let mut transaction = Transaction::<Problem>::new();
        files.iter().for_each(|file| transaction.delete_key(file.key()));
        Ok::<_, Problem>((transaction, Chunk::Removed(files.len())))
    };
    services.store.execute(plan).await
}
