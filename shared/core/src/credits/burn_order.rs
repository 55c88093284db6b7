//! Which credits an action burns: today's allowance first, then grants in the order in which they expire, then purchased ones (CONTRACT
//! "Burn order").
//!
//! On a plan that goes on without limit once the day's credits are used, everything is put down to the day: no grant and no purchased credit
//! is burned, and what goes beyond the day's credits is metered at a fair-use rate.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::id::CreditGrantId;

/// Where burned credits come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Source {
    /// The day's credits of the plan.
    Allowance,
    /// A grant.
    #[serde(rename_all = "camelCase")]
    Grant {
        /// The grant.
        grant_id: CreditGrantId,
    },
    /// Credits that were bought.
    Purchased,
}

/// So many credits of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Where from.
    pub source: Source,
    /// How many; above 0.
    #[schema(minimum = 1)]
    pub credits: i64,
}

/// A grant as far as it is unspent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spendable {
    /// The grant.
    pub grant_id: CreditGrantId,
    /// What is left of it.
    pub credits: i64,
    /// From when nothing of it is there any more; a grant without is there for good.
    pub expires_at: Option<Timestamp>,
}

impl Spendable {
    /// Whether it is there at this instant: to the millisecond before it expires.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}

/// What an organisation could burn at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Available {
    /// What is left of today's allowance; 0 or more.
    pub allowance: i64,
    /// Whether actions go on once that is used.
    pub then_unlimited: bool,
    /// Grants, in any order; those that have expired do not count.
    pub grants: Vec<Spendable>,
    /// Credits that were bought; 0 or more.
    pub purchased: i64,
}

/// What an action burns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burn {
    /// How many credits of which source, in the order in which they burn; together what the action costs.
    pub parts: Vec<Part>,
    /// Whether it goes beyond the day's credits of a plan that goes on without: then the fair-use rate holds.
    pub metered: bool,
}

/// So many credits are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub i64);

impl Available {
    /// All that could be burned now; of a plan that goes on without limit what is left of the day.
    pub fn total(&self, now: Timestamp) -> i64 {
        let grants = self.grants.iter().filter(|grant| grant.is_live(now));
        let granted = grants.fold(0_i64, |sum, grant| sum.saturating_add(grant.credits.max(0)));
        self.allowance.max(0).saturating_add(granted).saturating_add(self.purchased.max(0))
    }

    /// What an action of this cost burns; a cost of 0 or less burns nothing.
    pub fn burn(&self, cost: i64, now: Timestamp) -> Result<Burn, Missing> {
        if cost <= 0 {
            return Ok(Burn { parts: Vec::new(), metered: false });
        }
        if self.then_unlimited {
            let parts = vec![Part { source: Source::Allowance, credits: cost }];
            return Ok(Burn { parts, metered: cost > self.allowance });
        }
        let mut grants = self.grants.iter().filter(|grant| grant.is_live(now)).collect::<Vec<_>>();
        // Those that stay for good come last; of two that expire together the older one burns first.
        grants.sort_by_key(|grant| (grant.expires_at.is_none(), grant.expires_at, grant.grant_id));
        let granted = grants.iter().map(|grant| (Source::Grant { grant_id: grant.grant_id }, grant.credits));
        let sources = [(Source::Allowance, self.allowance)].into_iter().chain(granted);
        let sources = sources.chain([(Source::Purchased, self.purchased)]);
        let (parts, missing) = take(cost, sources);
        if missing > 0 { Err(Missing(missing)) } else { Ok(Burn { parts, metered: false }) }
    }
}

/// Splits what was held when the true cost is known: what burns of it, in the same order, and what is released. A cost above what is held
/// burns all of it and no more.
pub fn settle(held: &[Part], cost: i64) -> (Vec<Part>, Vec<Part>) {
    let (burned, _) = take(cost.max(0), held.iter().map(|part| (part.source, part.credits)));
    let mut released = held.to_vec();
    for (part, burned) in released.iter_mut().zip(&burned) {
        part.credits = part.credits.saturating_sub(burned.credits);
    }
    released.retain(|part| part.credits > 0);
    (burned, released)
}

/// Takes `wanted` credits from sources in their order; what is taken of each, and how many are missing.
fn take(wanted: i64, sources: impl Iterator<Item = (Source, i64)>) -> (Vec<Part>, i64) {
    let mut missing = wanted;
    let mut parts = Vec::new();
    for (source, there) in sources {
        let credits = there.min(missing);
        if credits > 0 {
            parts.push(Part { source, credits });
            missing = missing.saturating_sub(credits);
        }
    }
    (parts, missing)
}

#[cfg(test)]
mod tests;
