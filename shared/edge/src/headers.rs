//! Headers between JavaScript and Rust.
//!
//! The runtime reads and writes the bytes of a header's value as UTF-8. The conversions that come with the `worker` crate take only ASCII
//! and fail on the rest, by which a caller could turn every request into a fault of ours.

use http::{HeaderMap, HeaderName, HeaderValue};
use worker::Headers;

/// Headers as JavaScript has them, as Rust's. What is no header in Rust's eyes is left out.
pub(crate) fn from_javascript(headers: &Headers) -> HeaderMap {
    headers
        .entries()
        .filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        })
        .collect()
}

/// Rust's headers as JavaScript has them. A name that comes several times (`Set-Cookie`) stays that way.
pub(crate) fn to_javascript(headers: &HeaderMap) -> worker::Result<Headers> {
    let converted = Headers::new();
    for (name, value) in headers {
        converted.append(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))?;
    }
    Ok(converted)
}
