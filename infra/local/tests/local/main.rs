//! The local cloud as a program, and the document that it serves.

#[cfg(test)]
mod kill;
#[cfg(test)]
mod openapi;
