//! Looking for events of Stripe's that never arrived.

#[cfg(test)]
mod compares;
#[cfg(test)]
mod host;
