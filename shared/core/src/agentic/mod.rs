//! The agentic engine: it looks at an organisation's leads, posts and tasks, says what it notices, and does something about it.
//!
//! [`rules`] decides from what was observed; [`run`] observes, acts and records. The `agents` function runs it when a person asks, the
//! `agentic-worker` job once an hour.

mod observe;
pub mod rules;
mod run;

pub use run::{RunRequest, run};
