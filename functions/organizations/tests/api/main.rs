//! The organisations function through its router.

#[cfg(test)]
mod ai_configuration;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod invitations;
#[cfg(test)]
mod members;
#[cfg(test)]
mod organizations;
#[cfg(test)]
mod security;
#[cfg(test)]
mod support;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod webhooks;
