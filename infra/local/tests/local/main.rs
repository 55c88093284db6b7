//! The local cloud as a program, and the document that it serves.

#[cfg(test)]
mod demo;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod linkedin;
#[cfg(test)]
mod mailbox;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod process;
#[cfg(test)]
mod program;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod running;
#[cfg(test)]
mod stop;
