//! Every day, moves the keys that sign access tokens on, where it is time.
//!
//! A key that has signed for the period (90 days by default) gets a successor, which is published at once and signs only after everybody
//! who verifies has it. The key that signed goes on verifying until the last of its tokens has run out; then it is removed. Each run does
//! what is due and no more: repeats and runs at the same time change nothing twice, and a missed day is made up for by the next.

mod step;

use std::time::Duration;

use serde::Serialize;
use shared::access::TokenIssuer;
use shared::config::{ConfigError, Reader, Variables};
use shared::model::signing_key::{NextSigningKey, SigningKey, VerifyingKey};
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Item, Key, Listing, StoreError, Transaction, Versioned};

use step::{Keys, Schedule, Step};

/// What the job needs.
#[derive(Clone, Debug)]
pub struct Deps {
    services: Services,
    schedule: Schedule,
}

impl Deps {
    /// What the job needs, on top of these services. `SIGNING_KEY_PERIOD_DAYS` says for how long a key signs.
    ///
    /// # Errors
    /// When that is no number.
    pub fn new(services: Services, variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let days = reader.parsed("SIGNING_KEY_PERIOD_DAYS", 90_u32);
        let period = Duration::from_secs(u64::from(days) * 24 * 60 * 60);
        let schedule = Schedule { period, token_lifetime: services.config.tokens.access_lifetime };
        reader.finish(Self { services, schedule })
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Whether a new key was published.
    pub published: bool,
    /// Whether the published key signs from now on.
    pub promoted: bool,
    /// How many keys were removed whose last token has run out.
    pub removed: usize,
}

/// Does what is due.
///
/// # Errors
/// When the table does not answer; the next run does what this one did not.
pub async fn handle(deps: &Deps) -> Result<Summary, Problem> {
    let summary = deps.services.store.execute(|| plan(deps)).await?;
    let Summary { published, promoted, removed } = summary;
    tracing::info!(published, promoted, removed, "looked after the signing keys");
    Ok(summary)
}

/// The writes that are due, in one transaction on top of what is there now.
async fn plan(deps: &Deps) -> Result<(Transaction<Problem>, Summary), Problem> {
    let (store, now) = (&deps.services.store, deps.services.clock.now());
    let (current_key, next_key) = (SigningKey::current_key(), NextSigningKey::next_key());
    let mut items = store.batch_get(&[current_key.clone(), next_key.clone()]).await?;
    let keys = Keys {
        current: take::<SigningKey>(&mut items, &current_key)?,
        next: take::<NextSigningKey>(&mut items, &next_key)?,
        verifying: store.list::<VerifyingKey>(&Listing::of_partition(VerifyingKey::PARTITION), None).await?.data,
    };
    let (mut transaction, mut summary) = (Transaction::new(), Summary::default());
    for key in keys.retired(now) {
        transaction.delete(key);
        summary.removed += 1;
    }
    match keys.step(&deps.schedule, now) {
        Step::Nothing => {}
        Step::Publish => {
            let new = TokenIssuer::new_key(&deps.services.ids, now)?;
            transaction.create(NextSigningKey(new.signing));
            transaction.create(new.verifying);
            summary.published = true;
        }
        Step::Promote { current, next, outgoing } => {
            transaction.replace(current, next.value.0.clone());
            transaction.delete(next);
            if let Some(outgoing) = outgoing {
                let retires_at = Some(deps.schedule.retires_at(now));
                transaction.replace(outgoing, VerifyingKey { retires_at, ..outgoing.value.clone() });
            }
            summary.promoted = true;
        }
    }
    Ok((transaction, summary))
}

fn take<T: shared::store::Entity>(
    items: &mut std::collections::HashMap<Key, Item>,
    key: &Key,
) -> Result<Option<Versioned<T>>, StoreError> {
    items.remove(key).map(Versioned::from_item).transpose()
}
