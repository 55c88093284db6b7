//! Working off what vendors' webhooks told.

#[cfg(test)]
mod host;
#[cfg(test)]
mod settles;
#[cfg(test)]
mod stands;
#[cfg(test)]
mod support;
