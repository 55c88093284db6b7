//! The agents function over HTTP: one module a path.

#[cfg(test)]
mod agentic_analyze;
#[cfg(test)]
mod campaigns;
#[cfg(test)]
mod chat_conversations;
#[cfg(test)]
mod chat_credits;
#[cfg(test)]
mod chat_message;
#[cfg(test)]
mod finished_run;
#[cfg(test)]
mod host;
#[cfg(test)]
mod slow_table;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tasks;
