//! Turns events into counters and doorbells.
