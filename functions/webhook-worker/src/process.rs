//! One event: claim, settle, record.

use payments::{Outcome, SettleError, Settler};
use shared::event::Actor;
use shared::model::inbound_event::{InboundEvent, InboundStatus, Provider};
use shared::store::{StoreError, Transaction, Versioned};
use shared_lambda::JobError;
use vendors::stripe::StripeError;

use crate::Deps;

/// Why an attempt came to nothing.
enum Failure {
    /// Somebody else took the event over.
    Lost,
    /// What is recorded with the event: a stable name, and whether another attempt can help.
    Attempt(String, bool),
    /// The store failed: the message comes again.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SettleError> for Failure {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => Self::Store(error),
            SettleError::Stripe(error) => Self::Attempt(reason(&error), is_passing(&error)),
        }
    }
}

/// A stable name for rows and logs.
fn reason(error: &StripeError) -> String {
    match error {
        StripeError::Declined { code } => format!("declined_{code}"),
        StripeError::NotFound => "not_found".to_owned(),
        StripeError::Refused { status, code } => format!("refused_{status}_{code}"),
        StripeError::Unavailable { code } => format!("unavailable_{code}"),
        StripeError::Unreadable { .. } => "unreadable".to_owned(),
    }
}

/// Whether another attempt can help. A key that is wrong (401, 403) may be mended within the hours that attempts take.
const fn is_passing(error: &StripeError) -> bool {
    match error {
        StripeError::Unavailable { .. } => true,
        StripeError::Refused { status, .. } => matches!(status, 401 | 403),
        StripeError::Declined { .. } | StripeError::NotFound | StripeError::Unreadable { .. } => false,
    }
}

/// Works an event off if it is due and nobody else is at it.
pub(crate) async fn process(deps: &Deps, provider: Provider, id: &str) -> Result<(), JobError> {
    let (store, clock) = (&deps.services.store, &deps.services.clock);
    let found = store.get::<InboundEvent>(&InboundEvent::key_of(provider, id)).await.map_err(fault)?;
    let found = found.ok_or_else(|| JobError::Reject(format!("there is no event {id} of {}", provider.name())))?;
    found.trace.record();
    let Some(claim) = found.claimed(deps.services.ids.next(), clock.now()) else { return Ok(()) };
    let Some(held) = store.replace(&found, claim).await.map_err(fault)? else { return Ok(()) };
    let outcome = match (provider, &deps.payments) {
        (Provider::Stripe, Some(_)) => settle(deps, &held).await,
        (Provider::Stripe, None) => Err(Failure::Attempt("payments_not_configured".to_owned(), true)),
        // Nothing of the platform's follows from these yet; they are kept for whoever comes to handle them.
        (Provider::Linkedin | Provider::Unipile, _) => end(deps, &held, held.ignored("no_handler")).await,
    };
    let (kind, attempts) = (&held.kind, held.attempts);
    match outcome {
        Ok(next) => {
            let (status, reason) = (next.status, next.reason.unwrap_or_default());
            tracing::info!(event = id, kind, attempts, ?status, reason, "event worked off");
            Ok(())
        }
        Err(Failure::Lost) => Ok(()),
        Err(Failure::Store(error)) => Err(fault(error)),
        Err(Failure::Attempt(reason, repeatable)) => {
            let next = held.attempt_failed(&reason, repeatable, clock.now());
            let status = next.status;
            store.replace(&held, next).await.map_err(fault)?;
            tracing::warn!(event = id, kind, attempts, ?status, reason, "an event could not be worked off");
            if status == InboundStatus::Failed {
                return Err(JobError::Reject(format!("the event {id} ({kind}) was given up: {reason}")));
            }
            Ok(())
        }
    }
}

/// Settles an event of Stripe's and ends its row in the same transaction.
async fn settle(deps: &Deps, held: &Versioned<InboundEvent>) -> Result<InboundEvent, Failure> {
    let not_configured = || Failure::Attempt("payments_not_configured".to_owned(), true);
    let payments = deps.payments.as_ref().ok_or_else(not_configured)?;
    let settler = Settler { payments, services: &deps.services, trace: held.trace, actor: Actor::Platform };
    let plan = || async {
        is_ours(deps, held).await?;
        let mut transaction = Transaction::new();
        let next = match settler.event(held, &mut transaction).await? {
            Outcome::Settled => held.processed(),
            Outcome::Ignored(reason) => held.ignored(reason),
        };
        transaction.replace(held, next.clone());
        Ok::<_, Failure>((transaction, next))
    };
    deps.services.store.execute(plan).await
}

/// Ends a row of which nothing follows.
async fn end(deps: &Deps, held: &Versioned<InboundEvent>, next: InboundEvent) -> Result<InboundEvent, Failure> {
    let ended = deps.services.store.replace(held, next.clone()).await?;
    ended.map(|_| next).ok_or(Failure::Lost)
}

/// Whether the claim still holds: otherwise planning again would only ask Stripe in vain.
async fn is_ours(deps: &Deps, held: &Versioned<InboundEvent>) -> Result<(), Failure> {
    let key = InboundEvent::key_of(held.provider, &held.id);
    let current = deps.services.store.get::<InboundEvent>(&key).await?;
    if current.is_some_and(|current| current.version == held.version) { Ok(()) } else { Err(Failure::Lost) }
}

/// Whatever is wrong with the store, the event is still there to be worked off. A row that cannot be read stays so until somebody mends
/// it, who must learn of it; the sweep rings for the event again.
pub(crate) fn fault(error: StoreError) -> JobError {
    match error {
        StoreError::Corrupt(_) => JobError::Reject(error.to_string()),
        StoreError::Unavailable(_) | StoreError::Refused(_) | StoreError::Contended => {
            JobError::Retry(error.to_string())
        }
    }
}
