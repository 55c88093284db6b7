//! The auth function over HTTP: one module a path.
//!
//! `cargo test` runs these cases on the function's router in this process. `infra/edge/cases` runs the same cases on the Worker under
//! workerd; [`testkit::Workers`] says how.

#[cfg(test)]
mod breached;
#[cfg(test)]
mod change_password;
#[cfg(test)]
mod email;
#[cfg(test)]
mod jwks;
#[cfg(test)]
mod linkedin;
#[cfg(test)]
mod login;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod me;
#[cfg(test)]
mod password;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod register;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod step_up;
#[cfg(test)]
mod support;
#[cfg(test)]
mod totp;
#[cfg(test)]
mod verify_email;
