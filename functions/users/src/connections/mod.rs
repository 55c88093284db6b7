//! Who is connected with whom.

pub(crate) mod list;
pub(crate) mod mutual;
pub(crate) mod steps;
