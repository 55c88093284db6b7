//! The task runner on messages of its queue.

#[cfg(test)]
mod campaigns;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod handle;
#[cfg(test)]
mod host;
#[cfg(test)]
mod run_task;
#[cfg(test)]
mod support;
