//! What becomes of signing keys over months.

#[cfg(test)]
mod host;
#[cfg(test)]
mod rotation;
