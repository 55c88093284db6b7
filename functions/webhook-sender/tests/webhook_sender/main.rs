//! Telling endpoints of events.

#[cfg(test)]
mod delivers;
#[cfg(test)]
mod host;
#[cfg(test)]
mod support;
