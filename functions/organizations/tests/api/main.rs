//! The organisations function through its router.

mod ai_configuration;
mod deletion;
mod faults;
mod invitations;
mod members;
mod organizations;
mod support;
mod usage;
