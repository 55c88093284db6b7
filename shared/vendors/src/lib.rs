//! What the platform asks of others: one module per outside API, over one port for outbound HTTP.
//!
//! Every vendor has a base URL in the configuration, so that a test or the local cloud can stand in for it and the code that runs in
//! production runs there too. A vendor's errors say what a caller can do about them; what a vendor says in words is not kept, since it may
//! quote what it was sent.

pub mod aws;
mod base_url;
pub mod breached_passwords;
pub mod email;
pub mod http;
pub mod linkedin;
pub mod s3;
mod signature;
pub mod stripe;
pub mod unipile;

pub use signature::{SignatureError, WebhookSecrets};
