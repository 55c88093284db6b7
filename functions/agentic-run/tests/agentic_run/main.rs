//! Who is sent a message.

#[cfg(test)]
mod fan_out;
#[cfg(test)]
mod host;
