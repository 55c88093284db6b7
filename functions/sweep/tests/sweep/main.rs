//! What the sweep rings and what it leaves alone.

#[cfg(test)]
mod host;
#[cfg(test)]
mod rings;
