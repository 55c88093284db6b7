//! The mailer on messages of its queue.

#[cfg(test)]
mod campaigns;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod host;
#[cfg(test)]
mod send_mail;
#[cfg(test)]
mod support;
