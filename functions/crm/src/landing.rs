//! From the leads of a file to the table, in chunks.
//!
//! Each chunk is one transaction with one event. The leads of a file have different identities, so that its chunks never touch the same
//! items; what else changes a lead meanwhile makes its chunk plan again.

use futures_util::{StreamExt, stream};
use shared::access::{Member, OrganizationAccess};
use shared::clock::Timestamp;
use shared::event::Fact;
use shared::model::lead::{Lead, LeadIdentity};
use shared::services::Services;
use shared::store::{Item, Key, StoreError, TRANSACTION_ITEMS_MAXIMUM, Transaction, Versioned};

use crate::Error;
use crate::import::{Identity, MergedLead, RowError};
use crate::merge::{merged_details, new_details};

/// How many leads a chunk has: each is at most two items, and there is the event.
const CHUNK_LEADS: usize = (TRANSACTION_ITEMS_MAXIMUM - 1) / 2;
/// The most bytes of a lead's item: notes of 10,000 characters and other fields of 1,500, four bytes each, and 2 kB of the rest.
const LEAD_BYTES_MAXIMUM: usize = (10_000 + 1_500) * 4 + 2_000;
// DynamoDB takes 4 MB in a transaction; a marker and an event have less than a kilobyte.
const _: () = assert!(CHUNK_LEADS * (LEAD_BYTES_MAXIMUM + 1_000) < 2_500_000);
/// How many chunks are under way at once: enough to hide most of the waiting, few enough for one partition's write capacity.
const CHUNKS_AT_ONCE: usize = 4;

/// How often markers and leads that do not fit together are read before the chunk is given up.
const READS: usize = 4;

/// What became of rows and leads.
#[derive(Debug, Default)]
pub(crate) struct Landed {
    /// New leads.
    pub(crate) imported: u32,
    /// Changed leads.
    pub(crate) updated: u32,
    /// Rows that changed nothing.
    pub(crate) skipped: u32,
    /// Rows that could not be imported.
    pub(crate) failed: u32,
    /// Why they could not.
    pub(crate) errors: Vec<RowError>,
}

impl Landed {
    /// Counts a row with these faults.
    pub(crate) fn row_failed(&mut self, errors: impl IntoIterator<Item = RowError>) {
        self.failed += 1;
        self.errors.extend(errors);
    }

    /// Counts all rows of a lead as failed.
    fn lead_failed(&mut self, lead: &MergedLead, field: &'static str, message: &str) {
        for row in &lead.rows {
            self.row_failed([RowError { row: *row, field, message: message.to_owned() }]);
        }
    }

    /// Counts the rows of a lead but those that something else counts.
    fn rows_skipped(&mut self, lead: &MergedLead, counted: usize) {
        self.skipped += u32::try_from(lead.rows.len().saturating_sub(counted)).unwrap_or(u32::MAX);
    }

    fn add(&mut self, other: Self) {
        let Self { imported, updated, skipped, failed, errors } = other;
        self.imported += imported;
        self.updated += updated;
        self.skipped += skipped;
        self.failed += failed;
        self.errors.extend(errors);
    }
}

/// Who imports, and where to.
pub(crate) struct Landing<'a> {
    pub(crate) services: &'a Services,
    pub(crate) access: &'a OrganizationAccess<Member>,
}

impl Landing<'_> {
    /// Brings all leads into the table and counts them. An error means that the store does not answer: chunks may have landed, and a
    /// repeat goes on from there.
    pub(crate) async fn land(&self, leads: &[MergedLead], landed: &mut Landed) -> Result<(), Error> {
        let chunks = leads.chunks(CHUNK_LEADS).map(|chunk| self.land_chunk(chunk)).collect::<Vec<_>>();
        let mut chunks = stream::iter(chunks).buffer_unordered(CHUNKS_AT_ONCE);
        while let Some(chunk) = chunks.next().await {
            landed.add(chunk?);
        }
        Ok(())
    }

    /// Lands a chunk. One that fails is halved until what fails is a single lead, which is left out.
    async fn land_chunk(&self, chunk: &[MergedLead]) -> Result<Landed, Error> {
        let mut landed = Landed::default();
        let mut parts = vec![chunk];
        while let Some(part) = parts.pop() {
            match (self.services.store.execute(|| self.plan(part)).await, part) {
                (Ok(outcome), _) => landed.add(outcome),
                (Err(Error::Store(error)), _) if matches!(error, StoreError::Unavailable(_)) => {
                    return Err(error.into());
                }
                (Err(Error::Store(error)), [lead]) => {
                    let message = match error {
                        StoreError::Contended => "Others changed this lead at the same time. Import the row again.",
                        _ => "The row could not be stored; the fault is ours. The other rows are not affected.",
                    };
                    tracing::error!(%error, row = lead.rows.first(), "a lead was left out of an import");
                    landed.lead_failed(lead, "row", message);
                }
                (Err(Error::Store(_)), _) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                (Err(error), _) => return Err(error),
            }
        }
        Ok(landed)
    }

    /// The transaction that brings these leads into the table as it is now; without writes if they are there.
    async fn plan(&self, leads: &[MergedLead]) -> Result<(Transaction<Error>, Landed), Error> {
        let now = self.services.clock.now();
        let (mut transaction, mut landed) = (Transaction::new(), Landed::default());
        for (row, known) in leads.iter().zip(self.known(leads).await?) {
            match known {
                Some(lead) => update(&mut transaction, &mut landed, row, &lead, now),
                None => self.create(&mut transaction, &mut landed, row, now),
            }
        }
        let Landed { imported, updated, .. } = landed;
        if imported + updated > 0 {
            transaction.create(self.access.event(self.services, Fact::LeadsImported { imported, updated }));
        }
        Ok((transaction, landed))
    }

    fn create(&self, transaction: &mut Transaction<Error>, landed: &mut Landed, row: &MergedLead, now: Timestamp) {
        let (id, organization_id) = (self.services.ids.next(), self.access.organization_id());
        transaction.create(LeadIdentity::new(organization_id, &row.identity.to_string(), id));
        transaction.create(Lead {
            id,
            organization_id,
            details: new_details(row),
            open_follow_up_task_id: None,
            last_follow_up_at: None,
            created_at: now,
            updated_at: now,
        });
        landed.imported += 1;
        landed.rows_skipped(row, 1);
    }

    /// The lead that the table has for each of these, in their order.
    ///
    /// The markers are read by one batch and the leads by another. A lead that was removed or became known by something else in between
    /// is not what its marker promised; then both are read again. (A condition on the marker's version would not do: a marker that was
    /// taken away and made anew for another lead has the same one.)
    async fn known(&self, leads: &[MergedLead]) -> Result<Vec<Option<Versioned<Lead>>>, StoreError> {
        let (store, organization) = (&self.services.store, self.access.organization_id());
        let marker_keys = leads.iter().map(|lead| LeadIdentity::key_of(organization, &lead.identity.to_string()));
        let marker_keys = marker_keys.collect::<Vec<_>>();
        for _ in 0..READS {
            let mut markers = store.batch_get(&marker_keys).await?;
            let lead_key = |marker: Option<Item>| -> Result<Option<Key>, StoreError> {
                let marker = marker.map(Versioned::<LeadIdentity>::from_item).transpose()?;
                Ok(marker.map(|marker| Lead::key_of(organization, marker.lead_id)))
            };
            let lead_keys =
                marker_keys.iter().map(|key| lead_key(markers.remove(key))).collect::<Result<Vec<_>, _>>()?;
            let mut found = store.batch_get(&lead_keys.iter().flatten().cloned().collect::<Vec<_>>()).await?;
            let known = lead_keys.iter().map(|key| key.as_ref().and_then(|key| found.remove(key)));
            let known =
                known.map(|item| item.map(Versioned::<Lead>::from_item).transpose()).collect::<Result<Vec<_>, _>>()?;
            let as_promised = known.iter().zip(&lead_keys).zip(leads).all(|((lead, key), row)| match lead {
                Some(lead) => Identity::of(&lead.details) == row.identity,
                None => key.is_none(),
            });
            if as_promised {
                return Ok(known);
            }
        }
        Err(StoreError::Contended)
    }
}

fn update(
    transaction: &mut Transaction<Error>,
    landed: &mut Landed,
    row: &MergedLead,
    lead: &Versioned<Lead>,
    now: Timestamp,
) {
    let Ok(details) = merged_details(&lead.details, &row.lead) else {
        let message =
            "The value and the notes that the lead has already are together longer than 10000 characters. Shorten one.";
        return landed.lead_failed(row, "notes", message);
    };
    if details == lead.details {
        return landed.rows_skipped(row, 0);
    }
    transaction.replace(lead, Lead { details, updated_at: now, ..lead.value.clone() });
    landed.updated += 1;
    landed.rows_skipped(row, 1);
}
