//! The purge of organisations that were deleted 30 days ago.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod host;
#[cfg(test)]
mod purges;
#[cfg(test)]
mod support;
