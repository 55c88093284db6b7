//! Every hour, removes what is left of organisations that were deleted 30 days ago, of accounts that were erased, and of files.
//!
//! An organisation is removed in chunks, each of them one transaction that also says in the organisation's row how far it has come: two runs
//! at once remove nothing twice, a run that ends in the middle is gone on with an hour later, and once the first chunk is gone nobody can
//! restore the organisation. Its own row goes last, with the event that says so.

mod chunk;
mod erasures;
mod files;

use std::time::Duration;

use serde::Serialize;
use shared::clock::Timestamp;
use shared::id::{FileId, OrganizationId, UserId};
use shared::model::due_partitions;
use shared::model::erasure::Erasure;
use shared::model::file::File;
use shared::model::organization::Organization;
use shared::model::organization_data::Place;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{DueRow, DueRows, Key};
use shared::trace::Trace;
use vendors::http::Http;
use vendors::s3::Bucket;

use chunk::{Chunk, finish, remove};

/// How many organisations are read at once.
const PAGE: u16 = 100;
/// What is kept of the time for the chunk that is being removed.
const LAST_CHUNK_TIME: Duration = Duration::from_secs(10);

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
    /// Where the bytes of files are.
    pub bucket: Bucket,
    /// How the bucket is asked.
    pub http: Http,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Organisations of which nothing is left.
    pub purged: usize,
    /// Accounts of which nothing is left but that they were erased.
    pub erased: usize,
    /// Files that somebody removed, or whose bytes never came.
    pub files: usize,
    /// Rows that were removed, the organisations' own among them.
    pub rows: usize,
    /// Whether the time did not suffice; the next run goes on.
    pub unfinished: bool,
}

/// Some organisations could not be removed; the next run tries again.
#[derive(Debug, thiserror::Error)]
#[error("some of what is due was not purged ({summary:?}): {reason}")]
pub struct PurgeError {
    /// What was done all the same.
    pub summary: Summary,
    /// The first of the faults.
    pub reason: String,
}

/// What is removed.
#[derive(Clone, Copy)]
enum Kind {
    Organizations,
    Accounts,
    Files,
}

/// One run.
struct Run<'a> {
    deps: &'a Deps,
    services: &'a Services,
    trace: Trace,
    deadline: Timestamp,
    summary: Summary,
    fault: Option<String>,
}

/// Removes what was due at `now`, for at most `time`.
///
/// # Errors
/// When some could not be removed, after all others were.
pub async fn handle(deps: &Deps, now: Timestamp, time: Duration) -> Result<Summary, PurgeError> {
    let services = &deps.services;
    let deadline = services.clock.now().plus(time.saturating_sub(LAST_CHUNK_TIME));
    let trace = Trace::begin(&services.ids);
    let mut run = Run { deps, services, trace, deadline, summary: Summary::default(), fault: None };
    let organizations = due_partitions(Organization::PURGE).map(|partition| (Kind::Organizations, partition));
    let accounts = due_partitions(Erasure::DUE).map(|partition| (Kind::Accounts, partition));
    let files = due_partitions(File::DUE).map(|partition| (Kind::Files, partition));
    for (kind, partition) in accounts.chain(organizations).chain(files) {
        if let Err(problem) = run.shard(kind, &partition, now).await {
            run.note(problem.cause().unwrap_or(problem.detail()));
        }
    }
    let Run { summary, fault, .. } = run;
    let Summary { purged, erased, files, rows, unfinished } = summary;
    tracing::info!(correlation_id = %trace.correlation_id, purged, erased, files, rows, unfinished, "purged");
    fault.map_or(Ok(summary), |reason| Err(PurgeError { summary, reason }))
}

impl Run<'_> {
    fn note(&mut self, reason: &str) {
        tracing::error!(reason, "something could not be purged");
        self.fault.get_or_insert_with(|| reason.to_owned());
    }

    fn is_over(&mut self) -> bool {
        let over = self.services.clock.now() >= self.deadline;
        self.summary.unfinished |= over;
        over
    }

    /// Works through a shard of what is due. One that cannot be removed does not keep the others.
    async fn shard(&mut self, kind: Kind, partition: &str, now: Timestamp) -> Result<(), Problem> {
        let mut previous: Option<DueRows> = None;
        loop {
            if self.is_over() {
                return Ok(());
            }
            let page = self.services.store.due_rows(partition, Some(now), previous.take(), PAGE).await?;
            for DueRow { key, .. } in &page.rows {
                if let Err(problem) = self.row(kind, key).await {
                    self.note(problem.cause().unwrap_or(problem.detail()));
                }
            }
            if !page.has_more() {
                return Ok(());
            }
            previous = Some(page);
        }
    }

    /// Removes what a row of the index leads to.
    async fn row(&mut self, kind: Kind, key: &Key) -> Result<(), Problem> {
        let stray = || tracing::error!(pk = key.pk, sk = key.sk, "a row of what is due is none of ours");
        // Boxed, for each is large and only one of them runs.
        match kind {
            Kind::Organizations => match Organization::id_of(key) {
                Some(organization) => return Box::pin(self.organization(organization)).await,
                None => stray(),
            },
            Kind::Accounts => match Erasure::id_of(key) {
                Some(account) => return Box::pin(self.account(account)).await,
                None => stray(),
            },
            Kind::Files => match File::ids_of(key) {
                Some((organization, file)) => return Box::pin(self.file(organization, file)).await,
                None => stray(),
            },
        }
        Ok(())
    }

    /// Removes one file.
    async fn file(&mut self, organization: OrganizationId, id: FileId) -> Result<(), Problem> {
        if !self.is_over() && files::remove(self.deps, organization, id, self.trace).await? {
            self.summary.files = self.summary.files.saturating_add(1);
            self.summary.rows = self.summary.rows.saturating_add(1);
        }
        Ok(())
    }

    /// Removes one organisation, as far as the time suffices.
    async fn organization(&mut self, id: OrganizationId) -> Result<(), Problem> {
        loop {
            if self.is_over() {
                return Ok(());
            }
            match files::remove_next(self.deps, id).await? {
                Chunk::Removed(rows) => self.summary.rows = self.summary.rows.saturating_add(rows),
                Chunk::Empty => break,
                Chunk::NotDue => return Ok(()),
            }
        }
        for place in Place::all(id) {
            loop {
                if self.is_over() {
                    return Ok(());
                }
                match remove(self.services, id, &place).await? {
                    Chunk::Removed(rows) => self.summary.rows += rows,
                    Chunk::Empty => break,
                    Chunk::NotDue => return Ok(()),
                }
            }
        }
        if finish(self.services, id, self.trace).await? {
            self.summary.purged += 1;
            self.summary.rows += 1;
        }
        Ok(())
    }

    /// Removes what is left of one account, as far as the time suffices.
    async fn account(&mut self, id: UserId) -> Result<(), Problem> {
        let work = self.services.store.get::<Erasure>(&Erasure::key_of(id)).await?;
        let Some(work) = work else { return Ok(()) };
        loop {
            if self.is_over() {
                return Ok(());
            }
            match erasures::remove(self.services, &work).await? {
                0 => break,
                rows => self.summary.rows = self.summary.rows.saturating_add(rows),
            }
        }
        if erasures::finish(self.services, id).await? {
            self.summary.erased += 1;
        }
        Ok(())
    }
}
