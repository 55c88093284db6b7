//! The purge of organisations that were deleted 30 days ago.

mod faults;
mod host;
mod purges;
mod support;
