//! The projector on a table with its stream, and a queue.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod commutation;
#[cfg(test)]
mod events;
#[cfg(test)]
mod host;
