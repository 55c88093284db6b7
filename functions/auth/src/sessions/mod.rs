//! The sessions of an account, as its owner sees and ends them.

pub(crate) mod device;
pub(crate) mod end_all;
pub(crate) mod list;
pub(crate) mod rename;
pub(crate) mod revoke;
pub(crate) mod view;
