//! Faults by seed: AWS as it behaves on its bad days.
//!
//! A [`FaultPlan`] says how often and which, [`Faults`] draws from it and counts, [`Faulty`] is DynamoDB or SQS that suffers them. What
//! befalls deliveries of queues and streams is drawn from the same [`Faults`] by whoever delivers.

mod broken;
mod kind;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, Travel, WireResponse, WireService};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;

pub use kind::Fault;

use crate::Overlapping;

/// How long a request may be held back for a later one to overtake it.
const HELD_BACK_MAXIMUM: Duration = Duration::from_secs(2);

/// When a request is carried out that the SDK no longer waits for: after its time-out of 4 seconds and the pause of at most one that
/// follows, so that the repeat comes first.
const TOO_LATE_MINIMUM: Duration = Duration::from_millis(5_100);
/// The latest such moment.
const TOO_LATE_MAXIMUM: Duration = Duration::from_secs(30);

/// Which faults happen and how often, all following from a seed.
#[derive(Clone, Copy, Debug)]
pub struct FaultPlan {
    /// The seed; a failing test prints it.
    pub seed: u64,
    /// Of a thousand requests, how many suffer.
    pub per_thousand: u32,
    /// Of a thousand deliveries, how many suffer.
    pub deliveries_per_thousand: u32,
    /// What may befall them; each as likely as the others, where it is possible at all.
    pub kinds: &'static [Fault],
}

impl FaultPlan {
    /// One request in eight suffers and one delivery in four, from everything there is.
    pub const fn seeded(seed: u64) -> Self {
        Self { seed, per_thousand: 125, deliveries_per_thousand: 250, kinds: &Fault::ALL }
    }

    /// The same with so many requests of a thousand suffering.
    #[must_use]
    pub const fn often(self, per_thousand: u32) -> Self {
        Self { per_thousand, ..self }
    }
}

/// The faults of one plan as they are drawn. Clones share them.
#[derive(Clone, Debug)]
pub struct Faults(Arc<State>);

#[derive(Debug)]
struct State {
    plan: FaultPlan,
    random: Mutex<StdRng>,
    /// What happens next whatever the plan says.
    next: Mutex<VecDeque<Fault>>,
    over: AtomicBool,
    requests: AtomicU64,
    counts: Mutex<BTreeMap<Fault, u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics while holding it")
}

impl Faults {
    /// The faults of this plan.
    pub fn new(plan: FaultPlan) -> Self {
        Self(Arc::new(State {
            plan,
            random: Mutex::new(StdRng::seed_from_u64(plan.seed)),
            next: Mutex::default(),
            over: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            counts: Mutex::default(),
        }))
    }

    /// What the next request suffers to which one of these may happen.
    pub fn draw(&self, possible: &[Fault]) -> Option<Fault> {
        self.draw_from(possible, self.0.plan.per_thousand)
    }

    /// What the next delivery suffers to which one of these may happen.
    pub fn draw_for_delivery(&self, possible: &[Fault]) -> Option<Fault> {
        self.draw_from(possible, self.0.plan.deliveries_per_thousand)
    }

    fn draw_from(&self, possible: &[Fault], per_thousand: u32) -> Option<Fault> {
        let State { plan, random, next, over, requests, counts } = &*self.0;
        requests.fetch_add(1, Ordering::Relaxed);
        let told = {
            let mut next = lock(next);
            next.front().is_some_and(|fault| possible.contains(fault)).then(|| next.pop_front()).flatten()
        };
        let fault = told.or_else(|| {
            let mut random = lock(random);
            if over.load(Ordering::Relaxed) || random.random_range(0..1000) >= per_thousand {
                return None;
            }
            let kinds = plan.kinds.iter().filter(|kind| possible.contains(kind)).collect::<Vec<_>>();
            (!kinds.is_empty()).then(|| *kinds[random.random_range(0..kinds.len())])
        })?;
        *lock(counts).entry(fault).or_default() += 1;
        Some(fault)
    }

    /// The next thing that can suffer this does, once for each time it is said.
    pub fn happens_next(&self, fault: Fault) {
        lock(&self.0.next).push_back(fault);
    }

    /// The bad days are over: nothing suffers any more.
    pub fn end(&self) {
        self.0.over.store(true, Ordering::Relaxed);
    }

    /// How many requests and deliveries there were that could have suffered.
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// How often each fault happened.
    pub fn counts(&self) -> BTreeMap<Fault, u64> {
        lock(&self.0.counts).clone()
    }

    /// A number below `limit` that follows from the seed.
    pub fn below(&self, limit: usize) -> usize {
        lock(&self.0.random).random_range(0..limit.max(1))
    }

    /// A while between these two that follows from the seed.
    pub fn while_between(&self, shortest: Duration, longest: Duration) -> Duration {
        lock(&self.0.random).random_range(shortest..=longest)
    }
}

/// A service that suffers faults. Requests that are sent at once overtake each other as well ([`Overlapping`]).
#[derive(Clone, Debug)]
pub struct Faulty<S> {
    inner: Overlapping<S>,
    faults: Faults,
    /// How many requests that change something were carried out, for those that wait to be overtaken.
    writes: Arc<watch::Sender<u64>>,
}

/// A DynamoDB that suffers faults.
pub type FaultyDynamoDb = Faulty<EmbeddedDynamoDb>;

impl<S: WireService> Faulty<S> {
    /// A service that suffers the faults of this plan.
    pub fn new(inner: S, plan: FaultPlan) -> Self {
        Self::sharing(inner, &Faults::new(plan))
    }

    /// A service that suffers some of these faults; others suffer the rest.
    pub fn sharing(inner: S, faults: &Faults) -> Self {
        let inner = Overlapping::seeded(inner, faults.0.plan.seed);
        Self { inner, faults: faults.clone(), writes: Arc::default() }
    }

    /// The faults, to see what happened.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    async fn carry_out(&self, operation: &str, body: Bytes) -> WireResponse {
        let response = self.inner.answer(operation, body).await;
        if !matches!(operation, "GetItem" | "BatchGetItem" | "Query") {
            self.writes.send_modify(|count| *count += 1);
        }
        response
    }

    /// Waits until a request that changes something was carried out meanwhile, but not for ever.
    async fn be_overtaken(&self) {
        let mut writes = self.writes.subscribe();
        let seen = *writes.borrow_and_update();
        let overtaken = writes.wait_for(|count| *count > seen);
        drop(tokio::time::timeout(HELD_BACK_MAXIMUM, overtaken).await);
    }

    /// Carries the request out after a time in which its sender may give it up and send it again: then it lands all the same.
    async fn carry_out_late(&self, wait: Duration, operation: &str, body: Bytes) -> WireResponse {
        let (service, operation) = (self.clone(), operation.to_owned());
        let landing = tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            service.carry_out(&operation, body).await
        });
        landing.await.unwrap_or_else(|_| broken::server_error())
    }
}

impl<S: WireService> WireService for Faulty<S> {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        let Some(fault) = self.faults.draw(Fault::possible_for(operation)) else {
            return self.carry_out(operation, body).await;
        };
        match fault {
            Fault::Throttled => broken::throttled(operation),
            Fault::PartThrottled => broken::cancelled(&body, "ThrottlingError"),
            Fault::Conflict => broken::cancelled(&body, "TransactionConflict"),
            Fault::FailedBefore => broken::server_error(),
            Fault::FailedAfter => {
                self.carry_out(operation, body).await;
                broken::server_error()
            }
            Fault::ResetBefore => WireResponse { travel: Travel::Lost, ..broken::server_error() },
            Fault::ResetAfter => {
                let response = self.carry_out(operation, body).await;
                WireResponse { travel: Travel::Lost, ..response }
            }
            Fault::CutShort => {
                let response = self.carry_out(operation, body).await;
                let bytes = self.faults.below(response.body.len());
                WireResponse { travel: Travel::CutAfter(bytes), ..response }
            }
            Fault::Truncated => {
                let response = self.carry_out(operation, body).await;
                let bytes = 1 + self.faults.below(response.body.len().saturating_sub(1));
                let body = response.body.slice(..bytes.min(response.body.len().saturating_sub(1)).max(1));
                WireResponse { body, ..response }
            }
            Fault::Empty => WireResponse { body: Bytes::new(), ..self.carry_out(operation, body).await },
            Fault::Late => {
                let wait = self.faults.while_between(Duration::from_millis(1), Duration::from_millis(400));
                tokio::time::sleep(wait).await;
                self.carry_out(operation, body).await
            }
            Fault::TooLate => {
                let wait = self.faults.while_between(TOO_LATE_MINIMUM, TOO_LATE_MAXIMUM);
                self.carry_out_late(wait, operation, body).await
            }
            Fault::Overtaken => {
                self.be_overtaken().await;
                self.carry_out(operation, body).await
            }
            Fault::AnswerOvertaken => {
                let response = self.carry_out(operation, body).await;
                self.be_overtaken().await;
                response
            }
            Fault::Doubled => {
                self.carry_out(operation, body.clone()).await;
                self.carry_out(operation, body).await
            }
            Fault::Unprocessed => broken::unprocessed(&body),
            Fault::PartlyUnprocessed => {
                let (asked, left) = broken::half_of_the_keys(&body);
                broken::with_unprocessed(self.carry_out(operation, asked).await, &left)
            }
            Fault::PartlyFailed => {
                let (sent, failed) = broken::half_of_the_messages(&body);
                broken::with_failed(self.carry_out(operation, sent).await, failed)
            }
            // These befall deliveries, not requests.
            Fault::DeliveredTwice
            | Fault::DeliveredTwiceAtOnce
            | Fault::DeliveredAgain
            | Fault::DeliveredLate
            | Fault::DeliveredInAnotherOrder
            | Fault::DeliveryLost
            | Fault::DiedBefore
            | Fault::DiedHalfway
            | Fault::DiedAfter
            | Fault::AssistantAway
            | Fault::AssistantUnusable
            | Fault::AssistantRefuses => self.carry_out(operation, body).await,
        }
    }
}

#[cfg(test)]
mod tests;
