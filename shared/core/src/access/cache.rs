//! What an instance remembers about sessions and memberships, for seconds only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::id::{OrganizationId, SessionId};
use crate::model::membership::Membership;
use crate::model::organization::Organization;
use crate::model::session::Session;
use crate::model::user::User;

/// How long an answer may be used: with the request's own time, a revoked session is refused within 5 s (CONTRACT).
const FRESH: Duration = Duration::from_secs(4);
/// When full the cache starts over; at a few hundred bytes an entry this bounds it to a few megabytes.
const ENTRIES_MAXIMUM: usize = 10_000;

/// What was found for a session and, where the request acts in one, an organisation.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) membership: Option<(Membership, Organization)>,
}

type Entries = HashMap<(SessionId, Option<OrganizationId>), (Timestamp, Arc<Found>)>;

/// The memory of one instance; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct AccessCache(Arc<Mutex<Entries>>);

impl AccessCache {
    /// Forgets everything, so that a change made by this very process is seen at once.
    pub fn clear(&self) {
        self.entries(|entries| entries.clear());
    }

    /// Forgets what is known about a session.
    pub fn forget(&self, session: SessionId) {
        self.entries(|entries| entries.retain(|(cached, _), _| *cached != session));
    }

    /// Forgets who may do what in an organisation, so that a change made by this very process is seen at once.
    pub fn forget_organization(&self, organization: OrganizationId) {
        self.entries(|entries| entries.retain(|(_, cached), _| *cached != Some(organization)));
    }

    pub(super) fn find(&self, key: (SessionId, Option<OrganizationId>), now: Timestamp) -> Option<Arc<Found>> {
        self.entries(|entries| {
            let (read_at, found) = entries.get(&key)?;
            (now.since(*read_at) < FRESH && *read_at <= now).then(|| found.clone())
        })
    }

    pub(super) fn insert(&self, key: (SessionId, Option<OrganizationId>), now: Timestamp, found: Arc<Found>) {
        self.entries(|entries| {
            if entries.len() >= ENTRIES_MAXIMUM {
                entries.clear();
            }
            entries.insert(key, (now, found));
        });
    }

    fn entries<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
