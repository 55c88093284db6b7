//! Projecting one event.

use shared::event::{Event, Fact};
use shared::model::mail::Mail;
use shared::model::projection::{Projection, ProjectionMarker};
use shared::model::revenue_day::RevenueDay;
use shared::queue::MailMessage;
use shared::store::Transaction;

use crate::effects::{counted, doorbell, figures, paid_cents, review};
use crate::{Deps, ProjectionError, activity, purge, webhooks};

/// Projects an event, unless it is projected already: rings its doorbell, then writes its effects and its marker in one transaction,
/// which also removes the memory of earlier attempts that failed.
///
/// # Errors
/// When the queue or the store fails, or a deleted lead had so many activities that some are left. The event may then be projected again
/// from the start.
pub async fn project(deps: &Deps, event: &Event) -> Result<(), ProjectionError> {
    event.trace().record();
    act_outside(deps, event).await?;
    let store = &deps.services.store;
    let mails = Mail::of(event, deps.services.clock.now());
    let plan = || async {
        let mut transaction = Transaction::new();
        let known = Projection::read(store, event.id).await?;
        if let Some(failure) = &known.failure {
            transaction.delete(failure);
        }
        if !known.done {
            transaction.create(ProjectionMarker::new(event.id, deps.services.clock.now()));
            for (counter, amount) in counted(&event.fact) {
                transaction.update(counter.add(amount, event.id));
            }
            if let Some(cents) = paid_cents(&event.fact) {
                transaction.update(RevenueDay::add(event.at, cents));
            }
            for mail in &mails {
                transaction.create(mail.clone());
            }
            let deliveries = webhooks::deliveries(deps, event).await?;
            for delivery in &deliveries {
                transaction.create(delivery.clone());
            }
            let first_of_day = activity::note(store, &mut transaction, event).await?;
            return Ok((transaction, Some((figures(&event.fact, first_of_day), deliveries))));
        }
        Ok((transaction, None))
    };
    let Some((measures, deliveries)) = store.execute(plan).await? else { return Ok(()) };
    ring_for(deps, event, &mails).await;
    webhooks::ring_for(deps, event, &deliveries).await;
    if !measures.is_empty() {
        tracing::info!(event = %event.id, metrics = %measures, "projected");
    }
    Ok(())
}

/// Rings for an event's mails, which are in the table by now. A bell that is not heard costs a mail two minutes: then the sweep rings.
async fn ring_for(deps: &Deps, event: &Event, mails: &[Mail]) {
    if mails.is_empty() {
        return;
    }
    let message = |mail: &Mail| MailMessage { mail_id: mail.id, name: mail.about.name(), trace: Some(event.trace()) };
    if let Err(error) = deps.mail.send_all(mails.iter().map(message)).await {
        tracing::warn!(event = %event.id, %error, "mails could not all be rung for; the sweep will");
    }
}

/// What an event does that fits into no transaction. It comes before the marker: a crash in between repeats it, which changes nothing;
/// the other way round a crash would lose it.
async fn act_outside(deps: &Deps, event: &Event) -> Result<(), ProjectionError> {
    let doorbell = doorbell(event);
    let deleted = match event.fact {
        Fact::LeadDeleted { lead_id } => Some(lead_id),
        _ => None,
    };
    let review = review(event);
    let nothing = doorbell.is_none() && deleted.is_none() && review.is_none();
    if nothing || Projection::read(&deps.services.store, event.id).await?.done {
        return Ok(());
    }
    if let Some(message) = doorbell {
        deps.tasks.send(&message).await?;
    }
    if let Some(message) = review {
        deps.inbound.send(&message).await?;
    }
    match deleted {
        Some(lead) => purge::activities(&deps.services.store, event, lead).await,
        None => Ok(()),
    }
}
