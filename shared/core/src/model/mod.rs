//! The entities: item, keys, transitions; one file each.
//!
//! `docs/TABLE.md` lists the keys together. A collection that can grow has a partition of its own.

pub mod account_email;
pub mod activity_day;
pub mod agentic_run;
pub mod ai_configuration;
pub mod billing_account;
pub mod campaign;
pub mod checkout;
pub mod connection;
pub mod conversation;
pub mod counter;
pub mod credential;
pub mod credit_movement;
pub mod credit_purchase;
pub mod credit_wallet;
pub mod erasure;
pub mod file;
pub mod former_email;
pub mod identity;
pub mod inbound_event;
pub mod invitation;
pub mod invoice;
pub mod known_network;
pub mod lead;
pub mod lead_activity;
pub mod link;
pub mod link_secret;
pub mod mail;
pub mod membership;
pub mod organization;
pub mod organization_data;
pub mod portfolio_entry;
pub mod post;
pub mod profile;
pub mod projection;
pub mod revenue_day;
pub mod server_key;
pub mod session;
pub mod sign_in_attempt;
pub mod signing_key;
pub mod skill;
pub mod stake;
pub mod storage;
pub mod suppressed_address;
pub mod task;
pub mod totp;
pub mod usage;
pub mod user;
pub mod user_search;
pub mod venture;
pub mod webhook;
pub mod webhook_delivery;

use crate::store::DueIndex;

/// Over how many partitions of the `due` index rows of one kind are spread, so that no partition takes all their writes.
pub const DUE_SHARDS: u8 = 8;

/// A place in the `due` index for a row of this kind: the shard follows from the row's id, so that it does not move.
pub(crate) fn due(kind: &str, id: ulid::Ulid, sort: String) -> DueIndex {
    let shard = u128::from(id) % u128::from(DUE_SHARDS);
    DueIndex { partition: format!("{kind}#{shard}"), sort }
}

/// The partitions of the `due` index that rows of this kind are spread over.
pub fn due_partitions(kind: &str) -> impl Iterator<Item = String> {
    (0..DUE_SHARDS).map(move |shard| format!("{kind}#{shard}"))
}
