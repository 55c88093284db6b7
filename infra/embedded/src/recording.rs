//! What a piece of work does at AWS, and what it may do there.
//!
//! Work that runs in a [`Scope`] leaves a record of every exchange with DynamoDB and SQS that it makes through
//! [`WireConnector`](crate::wire::WireConnector): what was asked of which table, index or queue, how it ended and how long it took. A scope
//! with a [`Policy`] refuses what the policy does not allow, in AWS's own words. Work outside of any scope is neither recorded nor
//! restricted, and costs nothing more.
//!
//! A record holds names, numbers and identifiers, never a value of an item and never a message's body.

mod denial;
mod exchange;
pub mod identifiers;
mod request;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::task_local;
use tokio::time::Instant;

use self::exchange::Ending;
pub use self::exchange::{Exchange, Record, Right, SentMessage};
pub(crate) use self::request::Demand;
pub use self::request::Service;
use self::request::WireRequest;
use crate::template::Policy;
use crate::wire::WireResponse;

/// How many exchanges of one scope are kept; of further ones only the number and the rights. An import makes some hundred.
const EXCHANGES_MAXIMUM: usize = 200;

task_local! {
    static SCOPE: Scope;
}

/// The work of one function, such as a request or an invocation. Clones share what is recorded.
#[derive(Clone, Debug)]
pub struct Scope(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    function: Arc<str>,
    policy: Option<Arc<Policy>>,
    record: Mutex<Record>,
}

impl Scope {
    /// A scope for work of this function, which may do what `policy` allows; anything without one.
    pub fn new(function: &str, policy: Option<Arc<Policy>>) -> Self {
        Self(Arc::new(Inner { function: function.into(), policy, record: Mutex::default() }))
    }

    /// Runs work in this scope. What the work spawns as tasks of their own is outside of it.
    pub async fn run<F: Future>(&self, work: F) -> F::Output {
        SCOPE.scope(self.clone(), work).await
    }

    /// What was recorded so far; the scope begins anew.
    pub fn take(&self) -> Record {
        std::mem::take(&mut *self.record())
    }

    /// The scope of the task that asks.
    pub(crate) fn current() -> Option<Self> {
        SCOPE.try_with(Clone::clone).ok()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one exchange, if the policy allows it, and records it. `target` is the header that names service and operation.
    pub(crate) async fn exchange<F>(&self, target: &str, body: Bytes, answer: impl FnOnce(Bytes) -> F) -> WireResponse
    where
        F: Future<Output = WireResponse>,
    {
        let request = WireRequest::read(target, &body, self.0.policy.as_deref());
        let mut pending = Pending { scope: self, began: Instant::now(), bytes: body.len(), request, ending: None };
        let denied = self.0.policy.as_deref().and_then(|policy| {
            let demand = pending.request.demands.iter().find(|demand| !policy.allows(demand))?;
            let (action, resource) = (&demand.right.action, &demand.right.resource);
            tracing::error!(function = &*self.0.function, action, resource, "template.yaml does not allow this");
            Some(denial::answer(pending.request.service, policy.principal(), &demand.right))
        });
        let is_denied = denied.is_some();
        let response = match denied {
            Some(denied) => denied,
            None => answer(body).await,
        };
        pending.ending = Some(Ending::of(&response, is_denied));
        if let Some(response) = pending.request.sends.then_some(&response) {
            pending.request.note_message_ids(&response.body);
        }
        response
    }
}

/// An exchange on its way. It is recorded also when its work is dropped before the answer, as by a time-out.
struct Pending<'a> {
    scope: &'a Scope,
    began: Instant,
    bytes: usize,
    request: WireRequest,
    ending: Option<Ending>,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let rights = self.request.demands.iter().map(|demand| demand.right.clone()).collect::<BTreeSet<_>>();
        let mut record = self.scope.record();
        record.rights.extend(rights.iter().cloned());
        if record.exchanges.len() >= EXCHANGES_MAXIMUM {
            record.left_out = record.left_out.saturating_add(1);
            return;
        }
        let Ending { error, denied, response_bytes } = self.ending.take().unwrap_or_else(Ending::abandoned);
        record.exchanges.push(Exchange {
            service: self.request.service,
            operation: std::mem::take(&mut self.request.operation),
            keys: self.request.keys,
            rights,
            error,
            denied,
            began: self.began,
            duration: self.began.elapsed(),
            request_bytes: self.bytes,
            response_bytes,
            correlation_ids: std::mem::take(&mut self.request.correlation_ids),
            sent: std::mem::take(&mut self.request.messages),
        });
    }
}
