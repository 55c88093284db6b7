//! Everything of a person in one document: a link for whoever has just shown to be them, and what it leads to.

mod archive;
pub(crate) mod download;
pub(crate) mod request;
