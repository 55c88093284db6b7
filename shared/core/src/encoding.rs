//! How bytes and texts are written where something else reads them.

use sha2::{Digest, Sha256};
use ulid::Ulid;

/// Bytes in hexadecimal, in lower case.
pub fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(bytes.as_ref())
}

/// The first `length` bytes of a digest in hexadecimal, for keys and markers that must not show what they stand for.
pub fn shortened(digest: impl AsRef<[u8]>, length: usize) -> String {
    hexadecimal(digest.as_ref().iter().copied().take(length).collect::<Vec<_>>())
}

/// An identifier that follows from a text: the first 16 bytes of its SHA-256. It is as if drawn by chance, and so sorts by nothing.
pub fn derived_id(text: &str) -> Ulid {
    let digest = Sha256::digest(text.as_bytes());
    Ulid::from(digest.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte)))
}

/// A text as it may stand in HTML and in an attribute.
pub fn html_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_two_digits_each() {
        assert_eq!((hexadecimal([0, 9, 255]), shortened([0, 9, 255], 2)), ("0009ff".to_owned(), "0009".to_owned()));
        assert_eq!(shortened([1], 2), "01");
    }

    #[test]
    fn nothing_in_an_escaped_text_is_markup() {
        assert_eq!(html_escaped(r#"<a href="x" title='&'>"#), "&lt;a href=&quot;x&quot; title=&#39;&amp;&#39;&gt;");
    }
}
