//! The purge of organisations that were deleted 30 days ago, and of accounts that were erased.

#[cfg(test)]
mod erasures;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod host;
#[cfg(test)]
mod purges;
#[cfg(test)]
mod support;
