//! Events whose projection failed and is due again.

use shared::clock::Timestamp;
use shared::model::projection::ProjectionFailure;
use shared::store::{Key, StoreError};

use crate::{Deps, Outcome};

/// Touches the failures at these keys, so that the stream brings them to the projector.
pub(crate) async fn touch(deps: &Deps, keys: &[Key], now: Timestamp) -> Outcome {
    let mut outcome = Outcome::default();
    for key in keys {
        match touch_one(deps, key, now).await {
            Ok(true) => outcome.summary.failures_touched += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(pk = key.pk, sk = key.sk, %error, "a failed event could not be brought back");
                match error {
                    StoreError::Corrupt(_) => outcome.summary.unreadable += 1,
                    error => drop(outcome.fault.get_or_insert(error.to_string())),
                }
            }
        }
    }
    outcome
}

/// Touches one; false if it is mended or touched already, which the index shows a moment later.
async fn touch_one(deps: &Deps, key: &Key, now: Timestamp) -> Result<bool, StoreError> {
    let store = &deps.services.store;
    let Some(failure) = store.get::<ProjectionFailure>(key).await? else { return Ok(false) };
    match failure.touched(now) {
        Some(next) => Ok(store.replace(&failure, next).await?.is_some()),
        None => Ok(false),
    }
}
