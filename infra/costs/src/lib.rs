//! What the platform costs, measured.
//!
//! Every operation and every job runs once ([`scenario`]) on the embedded services behind measuring connectors ([`meter`]), which count
//! capacity units by DynamoDB's own rules ([`capacity`]). From these figures, list prices and a stated behaviour follow a monthly bill and
//! the partition that gets hot first ([`simulation`]); [`document`] writes all of it down.

pub mod behaviour;
pub mod capacity;
pub mod compare;
pub mod document;
pub mod meter;
pub mod prices;
pub mod scenario;
pub mod simulation;
pub mod stage;
pub mod usage;
