//! The purge of organisations that were deleted 30 days ago, of accounts that were erased, and of files.

#[cfg(test)]
mod erasures;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod files;
#[cfg(test)]
mod host;
#[cfg(test)]
mod purges;
#[cfg(test)]
mod support;
