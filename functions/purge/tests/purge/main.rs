//! The purge of organisations that were deleted 30 days ago, and of accounts that were erased.

mod erasures;
mod faults;
mod host;
mod purges;
mod support;
