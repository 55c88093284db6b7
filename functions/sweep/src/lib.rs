//! Every minute, rings what is due again.
//!
//! A message is only a doorbell and may be lost; the table knows what is due. The sweep rings for every task, mail, delivery and vendor's
//! event whose time has come and that nobody claimed, and for every account whose plan changes by time alone, and touches every event whose
//! projection failed, which brings it to the projector through the stream. It decides nothing: who is rung for looks at the row. Pending
//! transfers of the ledger that ran out of time it notes as such itself, which changes no balance.
//!
//! A row that nobody can deal with stays due. So that such rows take no time from the others, a row is rung in the minute in which it is
//! due, 1, 2, 4, 8, … minutes after and every half hour; reading past it in the other minutes costs next to nothing.

mod bells;
mod deliveries;
mod failures;
mod inbound;
mod mails;
mod tasks;
mod timeouts;

use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::ledger::Transfer;
use shared::model::billing_account::BillingAccount;
use shared::model::due_partitions;
use shared::model::inbound_event::InboundEvent;
use shared::model::mail::Mail;
use shared::model::projection::ProjectionFailure;
use shared::model::task::Task;
use shared::model::webhook_delivery::WebhookDelivery;
use shared::services::Services;
use shared::store::{DueRows, Table};
use shared_lambda::QueueSender;

/// How often a row is rung that stays due, in minutes, after the times that double.
const RING_EVERY_MINUTES: u64 = 30;
/// How many rows are read at once.
const PAGE: u16 = 200;
/// What is kept of the time for the page that is being worked on.
const LAST_PAGE_TIME: Duration = Duration::from_secs(5);

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The table and the time.
    pub services: Services,
    /// The `tasks` queue.
    pub tasks: QueueSender,
    /// The `mail` queue.
    pub mail: QueueSender,
    /// The `webhooks-out` queue.
    pub webhooks: QueueSender,
    /// The `webhooks` queue.
    pub inbound: QueueSender,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Tasks that were rung for.
    pub tasks_rung: usize,
    /// Mails that were rung for.
    pub mails_rung: usize,
    /// Deliveries to endpoints that were rung for.
    pub deliveries_rung: usize,
    /// Vendors' events that were rung for.
    pub inbound_rung: usize,
    /// Accounts that were rung for.
    pub reviews_rung: usize,
    /// Failed events that were brought back.
    pub failures_touched: usize,
    /// Pending transfers that were noted to have timed out.
    pub transfers_timed_out: usize,
    /// Rows that were rung before in vain and are left for a later run.
    pub left: usize,
    /// Rows that could not be read; their keys are in the log.
    pub unreadable: usize,
    /// Partitions of the index that the time did not suffice for; the next run goes on.
    pub unfinished: usize,
}

/// Some of what is due could not be rung; the next run tries again.
#[derive(Debug, thiserror::Error)]
#[error("some of what is due was not rung ({summary:?}): {reason}")]
pub struct SweepError {
    /// What was done all the same.
    pub summary: Summary,
    /// The first of the faults.
    pub reason: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Tasks,
    Mails,
    Deliveries,
    Inbound,
    Reviews,
    Failures,
    Transfers,
}

impl Kind {
    /// The table whose index has rows of this kind.
    const fn table(self) -> Table {
        match self {
            Self::Tasks | Self::Mails | Self::Deliveries | Self::Inbound | Self::Reviews | Self::Failures => {
                Table::Platform
            }
            Self::Transfers => Table::Ledger,
        }
    }
}

/// How a partition of the index went, or a page of it.
#[derive(Default)]
struct Outcome {
    summary: Summary,
    fault: Option<String>,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.summary.tasks_rung += other.summary.tasks_rung;
        self.summary.mails_rung += other.summary.mails_rung;
        self.summary.deliveries_rung += other.summary.deliveries_rung;
        self.summary.inbound_rung += other.summary.inbound_rung;
        self.summary.reviews_rung += other.summary.reviews_rung;
        self.summary.failures_touched += other.summary.failures_touched;
        self.summary.transfers_timed_out += other.summary.transfers_timed_out;
        self.summary.left += other.summary.left;
        self.summary.unreadable += other.summary.unreadable;
        self.summary.unfinished += other.summary.unfinished;
        if self.fault.is_none() {
            self.fault = other.fault;
        }
    }
}

/// Rings everything that is due at `now`, all partitions of the index side by side, for as long as `remaining` lets it.
///
/// # Errors
/// When some of it could not be rung, after everything else was.
pub async fn handle(deps: &Deps, now: Timestamp, remaining: Duration) -> Result<Summary, SweepError> {
    let deadline = deps.services.clock.now().plus(remaining.saturating_sub(LAST_PAGE_TIME));
    let tasks = due_partitions(Task::DUE).map(|partition| (Kind::Tasks, partition));
    let mails = due_partitions(Mail::DUE).map(|partition| (Kind::Mails, partition));
    let deliveries = due_partitions(WebhookDelivery::DUE).map(|partition| (Kind::Deliveries, partition));
    let inbound = due_partitions(InboundEvent::DUE).map(|partition| (Kind::Inbound, partition));
    let reviews = due_partitions(BillingAccount::DUE).map(|partition| (Kind::Reviews, partition));
    let failures = due_partitions(ProjectionFailure::DUE).map(|partition| (Kind::Failures, partition));
    let transfers = due_partitions(Transfer::DUE).map(|partition| (Kind::Transfers, partition));
    let partitions =
        tasks.chain(mails).chain(deliveries).chain(inbound).chain(reviews).chain(failures).chain(transfers);
    let outcomes = join_all(partitions.map(|(kind, partition)| sweep(deps, kind, partition, now, deadline))).await;
    let mut whole = Outcome::default();
    outcomes.into_iter().for_each(|outcome| whole.add(outcome));
    let Outcome { summary, fault } = whole;
    let Summary { tasks_rung, mails_rung, deliveries_rung, inbound_rung, reviews_rung, .. } = summary;
    let Summary { failures_touched, transfers_timed_out, left, unreadable, unfinished, .. } = summary;
    tracing::info!(
        tasks_rung,
        mails_rung,
        deliveries_rung,
        inbound_rung,
        reviews_rung,
        failures_touched,
        transfers_timed_out,
        left,
        unreadable,
        unfinished,
        "swept"
    );
    fault.map_or(Ok(summary), |reason| Err(SweepError { summary, reason }))
}

/// Works through one partition. It ends: what is touched is due later than `now`, and what comes to be due stands behind it.
async fn sweep(deps: &Deps, kind: Kind, partition: String, now: Timestamp, deadline: Timestamp) -> Outcome {
    let mut outcome = Outcome::default();
    let mut previous: Option<DueRows> = None;
    loop {
        if deps.services.clock.now() >= deadline {
            outcome.summary.unfinished = 1;
            return outcome;
        }
        let page =
            match deps.services.store.due_rows_in(kind.table(), &partition, Some(now), previous.take(), PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(partition, %error, "what is due could not be read");
                    outcome.fault.get_or_insert(error.to_string());
                    return outcome;
                }
            };
        let rung = page.rows.iter().filter(|row| rings(now.since(row.since)));
        let keys = rung.map(|row| row.key.clone()).collect::<Vec<_>>();
        outcome.summary.left += page.rows.len().saturating_sub(keys.len());
        outcome.add(match kind {
            Kind::Tasks => tasks::ring(deps, &keys).await,
            Kind::Deliveries => deliveries::ring(deps, &keys).await,
            Kind::Mails => mails::ring(deps, &keys).await,
            Kind::Inbound => inbound::ring_events(deps, &keys).await,
            Kind::Reviews => inbound::ring_reviews(deps, &keys).await,
            Kind::Failures => failures::touch(deps, &keys, now).await,
            Kind::Transfers => timeouts::note(deps, &keys).await,
        });
        if !page.has_more() {
            return outcome;
        }
        previous = Some(page);
    }
}

/// Whether a row is rung that has been due for so long: the sweep comes every minute, so that each of these minutes comes once.
const fn rings(overdue: Duration) -> bool {
    let minutes = overdue.as_secs() / 60;
    minutes.is_multiple_of(RING_EVERY_MINUTES) || minutes.is_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rung_in_vain_is_rung_ever_more_seldom() {
        let rung = |minutes: &u64| rings(Duration::from_secs(minutes * 60 + 59));
        let first = (0..=90).filter(rung).collect::<Vec<_>>();
        assert_eq!(first, [0, 1, 2, 4, 8, 16, 30, 32, 60, 64, 90]);
        let day = 24 * 60;
        assert_eq!((7 * day..8 * day).filter(rung).count(), 48);
    }
}
