//! What every function did lately, and with which rights.
//!
//! The journal runs the work of each function in a scope of its own ([`embedded::recording`]): with the rights that `template.yaml` grants
//! it and no others, remembering what it did at DynamoDB and SQS. The last few hundred requests and invocations are at
//! `GET /_local/requests` ([`routes`]), and one piece of work can be followed there by its correlation id through every function that it
//! touched. Nothing is kept of bodies, tokens, addresses and items; the journal is in memory and ends with the process.

mod entry;
mod http;
mod page;
pub(crate) mod routes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded::recording::{Right, Scope};
use embedded::template::{Policies, Policy};
use shared::clock::Clock;
use tokio::time::Instant;

use self::entry::Beginning;
pub use self::entry::{Call, Entry, Kind, Message};
pub(crate) use self::entry::{Outcome, of_event};
pub(crate) use self::http::recorded;

/// How many requests and invocations are kept.
const ENTRIES_MAXIMUM: usize = 500;
/// How many of their calls are kept in all, 40 for each of the most requests: where many make more, as imports do, fewer are kept.
const CALLS_MAXIMUM: usize = 20_000;

/// Under which name the template grants the auth function its rights: it is a Worker and has no role, but an IAM user.
const USERS: [(&str, &str); 1] = [("auth", "AuthWorkerUser")];

/// The rights of functions: who, what, on what.
pub type Rights = BTreeSet<(String, Right)>;

/// The journal of one platform; clones share it.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    policies: BTreeMap<String, Arc<Policy>>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The newest last.
    entries: VecDeque<Arc<Entry>>,
    /// How many calls the entries have.
    calls: usize,
    rights: Rights,
}

impl Kept {
    /// Adds an entry, and lets the oldest go for which there is no longer room.
    fn enter(&mut self, entry: Entry) {
        self.calls = self.calls.saturating_add(entry.calls.len());
        self.entries.push_back(Arc::new(entry));
        while self.entries.len() > ENTRIES_MAXIMUM || self.calls > CALLS_MAXIMUM {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.calls = self.calls.saturating_sub(oldest.calls.len());
        }
    }
}

impl Journal {
    /// An empty journal; functions get the rights that these policies give them.
    pub(crate) fn new(clock: Clock, policies: &Policies) -> Self {
        let name = |name: &str| {
            let user = USERS.iter().find(|(_, user)| *user == name);
            user.map_or(name, |(function, _)| function).to_owned()
        };
        let policies = policies.iter().map(|(holder, policy)| (name(holder), Arc::clone(policy))).collect();
        Self(Arc::new(Shared { clock, policies, kept: Mutex::default() }))
    }

    /// Runs work with the rights of a function. What it does counts among the rights used, and is no entry of the journal: the platform
    /// itself acts in the function's name, as AWS does when it hands on what a stream's function gave up.
    pub async fn as_function<F: Future>(&self, function: &str, work: F) -> F::Output {
        let scope = self.scope(function);
        let output = scope.run(work).await;
        self.count(function, scope.take().rights);
        output
    }

    /// Every right that a function has.
    pub fn rights_granted(&self) -> Rights {
        let of = |(function, policy): (&String, &Arc<Policy>)| {
            let function = function.clone();
            policy.rights().into_iter().map(move |right| (function.clone(), right))
        };
        self.0.policies.iter().flat_map(of).collect()
    }

    /// Every right that a function needed so far, whether it had it or not.
    pub fn rights_used(&self) -> Rights {
        self.kept().rights.clone()
    }

    /// The last requests and invocations, the newest first; or those with this correlation id, in the order in which they began.
    pub fn entries(&self, correlation_id: Option<&str>) -> Vec<Arc<Entry>> {
        let kept = self.kept();
        let Some(wanted) = correlation_id else { return kept.entries.iter().rev().cloned().collect() };
        let of_it = kept.entries.iter().filter(|entry| entry.correlation_ids.iter().any(|id| id == wanted));
        let mut entries = of_it.cloned().collect::<Vec<_>>();
        entries.sort_by_key(|entry| entry.since);
        entries
    }

    /// Runs work that a request or an event began, and enters it; `outcome` says how it ended.
    pub(crate) async fn record<F: Future>(
        &self,
        beginning: Beginning,
        work: F,
        outcome: impl FnOnce(&F::Output) -> Outcome,
    ) -> F::Output {
        let scope = self.scope(&beginning.function);
        let mut open =
            Open { journal: self, scope: scope.clone(), beginning: Some(beginning), began: self.now(), outcome: None };
        let output = scope.run(work).await;
        open.outcome = Some(outcome(&output));
        output
    }

    fn now(&self) -> (shared::clock::Timestamp, Instant) {
        (self.0.clock.now(), Instant::now())
    }

    fn scope(&self, function: &str) -> Scope {
        Scope::new(function, self.0.policies.get(function).cloned())
    }

    fn count(&self, function: &str, rights: BTreeSet<Right>) {
        let mut kept = self.kept();
        kept.rights.extend(rights.into_iter().map(|right| (function.to_owned(), right)));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work that is under way. It is entered also when it is dropped before its end: its caller went away, or it panicked.
struct Open<'a> {
    journal: &'a Journal,
    scope: Scope,
    beginning: Option<Beginning>,
    began: (shared::clock::Timestamp, Instant),
    outcome: Option<Outcome>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let Some(beginning) = self.beginning.take() else { return };
        let mut record = self.scope.take();
        self.journal.count(&beginning.function, std::mem::take(&mut record.rights));
        let outcome = self.outcome.take().unwrap_or_else(Outcome::broken_off);
        let entry = Entry::new(beginning, self.began, outcome, record);
        self.journal.kept().enter(entry);
    }
}

#[cfg(test)]
mod tests;
