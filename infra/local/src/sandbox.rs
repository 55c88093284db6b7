//! What stands in for others' services on this machine: the same paths and wire formats, so that the real clients run.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use sha1::{Digest, Sha1};

/// Where the sandbox of Have I Been Pwned's range API is.
const BREACHED_PASSWORDS: &str = "/_local/sandbox/breached-passwords";

/// Passwords that the sandbox knows from breaches. They are hard to guess otherwise, so that nothing else refuses them.
const KNOWN: [&str; 2] = ["correct horse battery staple", "breached kumquat marmalade"];

/// The variables by which functions find the sandboxes on this address.
pub(crate) fn variables(address: SocketAddr) -> Vec<(String, String)> {
    vec![("HIBP_BASE_URL".to_owned(), format!("http://{address}{BREACHED_PASSWORDS}"))]
}

/// The sandboxes' routes.
pub(crate) fn routes() -> Router {
    Router::new().route(&format!("{BREACHED_PASSWORDS}/range/{{prefix}}"), get(range))
}

/// The suffixes of known hashes with this prefix, among rows of padding.
async fn range(Path(prefix): Path<String>) -> Result<String, StatusCode> {
    if prefix.len() != 5 || !prefix.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let known = KNOWN.iter().filter_map(|password| {
        let digest = Sha1::digest(password.as_bytes());
        let digest = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02X}"));
        let suffix = digest.strip_prefix(&prefix.to_ascii_uppercase())?;
        Some(format!("{suffix}:7"))
    });
    let padding = (0..10_u8).map(|number| format!("{number:035X}:0"));
    Ok(known.chain(padding).collect::<Vec<_>>().join("\r\n"))
}
