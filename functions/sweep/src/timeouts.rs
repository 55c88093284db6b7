//! Pending transfers that ran out of time.

use shared::event::{Actor, Fact};
use shared::id::TransferId;
use shared::ledger::{Ledger, Transfer};
use shared::store::{Key, StoreError};
use shared::trace::Trace;

use crate::{Deps, Outcome};

/// Notes of the transfers at these keys that they timed out.
pub(crate) async fn note(deps: &Deps, keys: &[Key]) -> Outcome {
    let mut outcome = Outcome::default();
    for key in keys {
        let Some(id) = Transfer::id_of(key) else {
            tracing::error!(pk = key.pk, sk = key.sk, "a row that is due cannot be a transfer");
            outcome.summary.unreadable += 1;
            continue;
        };
        match note_one(deps, id).await {
            Ok(noted) => outcome.summary.transfers_timed_out += usize::from(noted),
            Err(error) => {
                tracing::error!(pk = key.pk, sk = key.sk, %error, "a transfer that timed out could not be noted");
                match error {
                    StoreError::Corrupt(_) => outcome.summary.unreadable += 1,
                    error => drop(outcome.fault.get_or_insert(error.to_string())),
                }
            }
        }
    }
    outcome
}

/// Notes one; false if it was settled or noted already, which the index shows a moment later.
async fn note_one(deps: &Deps, id: TransferId) -> Result<bool, StoreError> {
    let services = &deps.services;
    let event = |transfer: &Transfer| {
        let (trace, fact) = (Trace::begin(&services.ids), Fact::TransferTimedOut { transfer_id: id });
        services.event(transfer.organization_id, Actor::Platform, trace, fact)
    };
    Ledger::new(services).note_time_out(id, event).await
}
