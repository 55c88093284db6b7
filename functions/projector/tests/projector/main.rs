//! The projector on a table with its stream, and a queue.

mod bench;
mod commutation;
mod events;
