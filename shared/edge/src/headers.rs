//! Headers between JavaScript and Rust.
//!
//! JavaScript holds each byte of a header's value as one character (U+0000 to U+00FF). The conversions that come with the `worker` crate
//! take only ASCII and fail on the rest, which a caller could use to turn every request into a fault of ours.

use http::{HeaderMap, HeaderName, HeaderValue};
use worker::Headers;

/// Headers as JavaScript has them, as Rust's. What is no header in Rust's eyes is left out.
pub(crate) fn from_javascript(headers: &Headers) -> HeaderMap {
    headers
        .entries()
        .filter_map(|(name, value)| {
            let bytes = value.chars().map(u8::try_from).collect::<Result<Vec<_>, _>>().ok()?;
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(&bytes).ok()?))
        })
        .collect()
}

/// Rust's headers as JavaScript has them. A name that comes several times (`Set-Cookie`) stays that way.
pub(crate) fn to_javascript(headers: &HeaderMap) -> worker::Result<Headers> {
    let converted = Headers::new();
    for (name, value) in headers {
        let text = value.as_bytes().iter().copied().map(char::from).collect::<String>();
        converted.append(name.as_str(), &text)?;
    }
    Ok(converted)
}
