//! Messages and the runs they bring about.

#[cfg(test)]
mod runs;
