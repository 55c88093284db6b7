//! Every hour, looks for events of Stripe's that never arrived.
//!
//! Stripe lists its events for 30 days. Those that came since the last run, and a while before it, are compared with the rows that webhooks
//! left; what is missing is stored as if it had just arrived, and worked off like everything else. So nothing is lost that an endpoint
//! missed, however long it was away.

use std::time::Duration;

use payments::{Payments, SettleError, inbound};
use serde::Serialize;
use shared::clock::Timestamp;
use shared::model::inbound_event::{InboundEvent, Provider, Reconciliation};
use shared::services::Services;
use shared::store::{StoreError, Transaction};
use shared::trace::Trace;
use vendors::stripe::EventsQuery;
use vendors::stripe::webhook::Event;

/// How far back Stripe lists its events; an hour less, since they go one by one.
const LISTED: Duration = Duration::from_secs((30 * 24 - 1) * 60 * 60);
/// How far before the last run the list is looked at again: for that long an event may be delivered late without being missing.
const OVERLAP: Duration = Duration::from_secs(60 * 60);
/// How old an event must be to be missed: a younger one may be on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(5 * 60);
/// What is kept of the time for the page that is being worked on.
const LAST_PAGE_TIME: Duration = Duration::from_secs(20);

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
    /// Stripe; none where payments are not set up.
    pub payments: Option<Payments>,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Events that Stripe listed.
    pub listed: usize,
    /// Those of them that had never arrived and are stored now.
    pub missing: usize,
    /// Whether the list was compared to its end. If not, the next run begins where this one began.
    pub finished: bool,
}

/// Why a run came to an end before its time.
#[derive(Debug, thiserror::Error)]
#[error("Stripe's events could not be compared: {0}")]
pub struct ReconciliationError(#[from] SettleError);

impl From<StoreError> for ReconciliationError {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

/// Compares Stripe's events with those that arrived, for as long as `remaining` lets it.
///
/// # Errors
/// When Stripe or the store does not answer; the next run begins where this one began.
pub async fn handle(deps: &Deps, remaining: Duration) -> Result<Summary, ReconciliationError> {
    let (store, now) = (&deps.services.store, deps.services.clock.now());
    let deadline = now.plus(remaining.saturating_sub(LAST_PAGE_TIME));
    let known = store.get::<Reconciliation>(&Reconciliation::key_of(Provider::Stripe)).await?;
    let Some(payments) = &deps.payments else {
        tracing::info!("payments are not configured: there is nothing to compare");
        return Ok(Summary { finished: true, ..Summary::default() });
    };
    let oldest = now.minus(LISTED);
    let from = known.as_ref().map_or(oldest, |known| known.until.minus(OVERLAP).max(oldest));
    let trace = Trace::begin(&deps.services.ids);
    trace.record();
    let summary = compare(deps, payments, (from, now), deadline, trace).await?;
    if summary.finished {
        let next = Reconciliation { provider: Provider::Stripe, until: now, lease_id: deps.services.ids.next() };
        let plan = || async {
            let mut transaction = Transaction::<StoreError>::new();
            match store.get::<Reconciliation>(&Reconciliation::key_of(Provider::Stripe)).await? {
                // A run that began later was faster.
                Some(current) if current.until >= next.until => {}
                Some(current) => transaction.replace(&current, next.clone()),
                None => transaction.create(next.clone()),
            }
            Ok::<_, StoreError>((transaction, ()))
        };
        store.execute(plan).await?;
    }
    let Summary { listed, missing, finished } = summary;
    if missing > 0 {
        tracing::warn!(listed, missing, finished, "events of Stripe's had not arrived; they are stored now");
    } else {
        tracing::info!(listed, missing, finished, "events of Stripe's compared");
    }
    Ok(summary)
}

/// Compares the list page by page, the newest first, until it is compared whole or the time is up.
async fn compare(
    deps: &Deps,
    payments: &Payments,
    (from, now): (Timestamp, Timestamp),
    deadline: Timestamp,
    trace: Trace,
) -> Result<Summary, ReconciliationError> {
    let mut summary = Summary::default();
    let mut after: Option<String> = None;
    loop {
        let query = EventsQuery { types: &[], created_from: from.as_seconds(), starting_after: after.as_deref() };
        let page = payments.stripe.events(&query).await.map_err(SettleError::from)?;
        summary.listed += page.data.len();
        let settled = now.minus(ON_ITS_WAY).as_seconds();
        let old = page.data.iter().filter(|event| event.created <= settled).collect::<Vec<_>>();
        summary.missing += store_missing(deps, &old, trace, now).await?;
        after = page.data.last().map(|event| event.id.clone());
        if !page.has_more || after.is_none() {
            return Ok(Summary { finished: true, ..summary });
        }
        if deps.services.clock.now() >= deadline {
            return Ok(summary);
        }
    }
}

/// Stores those events of a page that are not stored; how many those are.
async fn store_missing(
    deps: &Deps,
    events: &[&Event],
    trace: Trace,
    now: Timestamp,
) -> Result<usize, ReconciliationError> {
    let store = &deps.services.store;
    let rows = events.iter().filter_map(|event| inbound(event, trace, now)).collect::<Vec<_>>();
    let key = |row: &InboundEvent| InboundEvent::key_of(row.provider, &row.id);
    let known = store.batch_get(&rows.iter().map(key).collect::<Vec<_>>()).await?;
    let mut missing = 0;
    for row in rows.iter().filter(|row| !known.contains_key(&key(row))) {
        let plan = || async {
            let mut transaction = Transaction::new();
            transaction.create_or(row.clone(), Known::Stored);
            Ok((transaction, ()))
        };
        match store.execute(plan).await {
            Ok(()) => missing += 1,
            // Its webhook arrived just now.
            Err(Known::Stored) => {}
            Err(Known::Unknown(error)) => return Err(error.into()),
        }
    }
    Ok(missing)
}

/// Why a row was not written.
enum Known {
    Stored,
    Unknown(StoreError),
}

impl From<StoreError> for Known {
    fn from(error: StoreError) -> Self {
        Self::Unknown(error)
    }
}
