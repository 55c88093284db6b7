//! `/api/files`

#[cfg(test)]
mod complete;
#[cfg(test)]
mod delete;
#[cfg(test)]
mod get;
#[cfg(test)]
mod host;
#[cfg(test)]
mod storage;
#[cfg(test)]
mod support;
#[cfg(test)]
mod upload;
