//! Taking vendors' webhooks in.

#[cfg(test)]
mod host;
#[cfg(test)]
mod linkedin;
#[cfg(test)]
mod stripe;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unipile;
