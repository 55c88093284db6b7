//! What people have done and want to show.

pub(crate) mod create;
pub(crate) mod delete;
mod input;
pub(crate) mod list;
pub(crate) mod replace;
