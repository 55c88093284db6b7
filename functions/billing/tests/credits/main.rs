//! Plans, usage and credits over HTTP, one module a path; and credits as the functions that cost some of them move them.

#[cfg(test)]
mod burning;
#[cfg(test)]
mod credits_grant;
#[cfg(test)]
mod credits_history;
#[cfg(test)]
mod holds;
#[cfg(test)]
mod model;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod purchases;
#[cfg(test)]
mod support;
#[cfg(test)]
mod usage;
