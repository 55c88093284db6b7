//! The key that signs access tokens: made when it is first needed, then kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::access::TokenIssuer;
use shared::clock::Timestamp;
use shared::model::signing_key::SigningKey;
use shared::services::Services;
use shared::store::Transaction;

use crate::Error;

/// How long an instance signs with the key it knows before it looks for another.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// A key and when it was read.
type Cached = Option<(Timestamp, Arc<SigningKey>)>;

/// The signing key of one instance; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct SigningKeys {
    services: Services,
    cached: Arc<Mutex<Cached>>,
}

impl SigningKeys {
    pub(crate) fn new(services: Services) -> Self {
        Self { services, cached: Arc::default() }
    }

    /// The key that signs now.
    pub(crate) async fn current(&self) -> Result<Arc<SigningKey>, Error> {
        let now = self.services.clock.now();
        {
            let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, key)) = cached.as_ref().filter(|(read_at, _)| now.since(*read_at) < FRESH) {
                return Ok(key.clone());
            }
        }
        let key = Arc::new(self.read_or_make().await?);
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, key.clone()));
        Ok(key)
    }

    /// The key in the table, which the first instance of all puts there. Of several first ones, one wins and the others read its key.
    async fn read_or_make(&self) -> Result<SigningKey, Error> {
        let services = &self.services;
        let plan = || async {
            let mut transaction = Transaction::<Error>::new();
            if let Some(current) = services.store.get::<SigningKey>(&SigningKey::current_key()).await? {
                return Ok((transaction, (current.value, false)));
            }
            let key = TokenIssuer::new_key(&services.ids, services.clock.now())?;
            transaction.create(key.signing.clone());
            transaction.create(key.verifying);
            Ok((transaction, (key.signing, true)))
        };
        let (key, is_new) = services.store.execute(plan).await?;
        if is_new {
            // What verifies tokens in this process may have looked just before; it would refuse the new key's tokens for seconds.
            services.keys.clear();
        }
        Ok(key)
    }
}
