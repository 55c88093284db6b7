//! What every function is given by its host.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::access::{AccessCache, KeyRing, TokenIssuer};
use crate::clock::Clock;
use crate::config::PlatformConfig;
use crate::event::{Actor, Event, Fact};
use crate::id::{Ids, OrganizationId};
use crate::store::{Store, TableNames};
use crate::trace::Trace;

/// The table, the time, the identifiers and what verifies callers; built once per instance and cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    /// The platform's tables.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Identifiers and secrets.
    pub ids: Ids,
    /// The public keys of tokens.
    pub keys: KeyRing,
    /// The rules of tokens.
    pub tokens: TokenIssuer,
    /// What this instance remembers of sessions and memberships.
    pub access: AccessCache,
    /// The configuration.
    pub config: Arc<PlatformConfig>,
}

impl Services {
    /// Builds everything from what only a host can provide.
    pub fn new(client: Client, clock: Clock, ids: Ids, config: PlatformConfig) -> Self {
        let tables = TableNames::new(&config.table_name, &config.ledger_table_name);
        let store = Store::new(client, tables, clock.clone(), ids.clone());
        Self {
            keys: KeyRing::new(store.clone(), clock.clone()),
            tokens: TokenIssuer::new(config.tokens.clone()),
            access: AccessCache::default(),
            config: Arc::new(config),
            store,
            clock,
            ids,
        }
    }

    /// A new event of now, by work of this trace.
    pub fn event(&self, organization: OrganizationId, actor: Actor, trace: Trace, fact: Fact) -> Event {
        Event {
            id: self.ids.next(),
            organization_id: organization,
            at: self.clock.now(),
            actor,
            request_id: trace.request_id,
            correlation_id: trace.correlation_id,
            trace_id: trace.given_trace_id,
            fact,
        }
    }
}
