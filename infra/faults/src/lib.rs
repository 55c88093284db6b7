//! The platform on its bad days, at scale.
//!
//! [`seeds`] runs the main job on a platform in this process whose AWS, deliveries and assistant suffer the faults that follow from a
//! seed. [`soak`] runs the real program, drives it over HTTP and kills it again and again. Both have the same [`founder`]s do the same
//! things, who note in a [`journal`] what was acknowledged, and both end with the same [`invariants`] over the rows that are left.
//! [`ledger`] tries random operations on the ledger, each of which a model predicts.

pub mod founder;
pub mod invariants;
pub mod journal;
pub mod ledger;
pub mod report;
pub mod seeds;
pub mod soak;

mod delivery;
mod door;
