//! Events of vendors, and accounts to be reviewed, whose time has come.

use shared::model::billing_account::BillingAccount;
use shared::model::inbound_event::InboundEvent;
use shared::queue::InboundMessage;
use shared::store::Key;

use crate::{Deps, Outcome, Summary, bells};

/// Rings for the events at these keys.
pub(crate) async fn ring_events(deps: &Deps, keys: &[Key]) -> Outcome {
    let message = |key: &Key| {
        let (provider, event_id) = InboundEvent::ids_of(key)?;
        Some(InboundMessage::Event { provider, event_id, trace: None })
    };
    let (rung, outcome) = bells::ring(&deps.inbound, keys, message).await;
    Outcome { summary: Summary { inbound_rung: rung, ..outcome.summary }, ..outcome }
}

/// Rings for the accounts at these keys.
pub(crate) async fn ring_reviews(deps: &Deps, keys: &[Key]) -> Outcome {
    let message = |key: &Key| Some(InboundMessage::Review { organization_id: BillingAccount::id_of(key)? });
    let (rung, outcome) = bells::ring(&deps.inbound, keys, message).await;
    Outcome { summary: Summary { reviews_rung: rung, ..outcome.summary }, ..outcome }
}
