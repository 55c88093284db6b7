//! Messages and the runs they bring about.

#[cfg(test)]
mod host;
#[cfg(test)]
mod runs;
