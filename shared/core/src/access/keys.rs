//! The public keys that tokens are verified with, read from the table and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::DecodingKey;

use super::TokenIssuer;
use crate::clock::{Clock, Timestamp};
use crate::id::SigningKeyId;
use crate::model::signing_key::VerifyingKey;
use crate::problem::Problem;
use crate::store::{Listing, Store};

/// How long the keys are used without asking the table again.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How soon after a reading an unknown key may cause another: forged `kid`s must not turn into reads.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(5);

/// Each key with the moment from which it is none any more.
type Keys = HashMap<SigningKeyId, (Arc<DecodingKey>, Option<Timestamp>)>;

/// The platform's public keys; cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    store: Store,
    clock: Clock,
    cached: Arc<Mutex<Option<(Timestamp, Keys)>>>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyRing")
    }
}

impl KeyRing {
    /// The keys in this table.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, cached: Arc::default() }
    }

    /// Forgets what was read, so that a key made by this very process is seen at once.
    pub fn clear(&self) {
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The key with this id, if there is one.
    pub async fn find(&self, id: SigningKeyId) -> Result<Option<Arc<DecodingKey>>, Problem> {
        let now = self.clock.now();
        {
            let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((read_at, keys)) = &*cached {
                let age = now.since(*read_at);
                match keys.get(&id) {
                    Some((key, retires_at)) if age < FRESH => {
                        return Ok(retires_at.is_none_or(|at| now < at).then(|| key.clone()));
                    }
                    None if age < UNKNOWN_KEY_PAUSE => return Ok(None),
                    _ => {}
                }
            }
        }
        let page = self.store.list::<VerifyingKey>(&Listing::of_partition(VerifyingKey::PARTITION), None).await?;
        let mut keys = Keys::new();
        for key in page.data {
            let (id, retires_at) = (key.id, key.retires_at);
            match TokenIssuer::decoding_key(&key.value) {
                Some(decoding_key) => drop(keys.insert(id, (Arc::new(decoding_key), retires_at))),
                // Its tokens are refused; those of the other keys go on.
                None => tracing::error!(key = %id, "a public key cannot be used"),
            }
        }
        let found = keys.get(&id).filter(|(_, retires_at)| retires_at.is_none_or(|at| now < at));
        let found = found.map(|(key, _)| key.clone());
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, keys));
        Ok(found)
    }
}
