//! `/api/users`

#[cfg(test)]
mod activity;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod create;
#[cfg(test)]
mod erase;
#[cfg(test)]
mod export;
#[cfg(test)]
mod host;
#[cfg(test)]
mod picture;
#[cfg(test)]
mod portfolio;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod profile;
#[cfg(test)]
mod search;
#[cfg(test)]
mod second_factor;
#[cfg(test)]
mod skills;
#[cfg(test)]
mod support;
#[cfg(test)]
mod suspension;
