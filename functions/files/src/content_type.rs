//! What kinds of files are taken, and whether bytes are what they were said to be.
//!
//! A kind is taken if bytes of it can be told from others and browsers run nothing in them: no HTML, no SVG, no programs.

/// Of how many of the first bytes of a file its kind is told.
pub(crate) const LOOKED_AT_BYTES: u64 = 8 * 1024;

/// By what the bytes of a kind are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Their first bytes.
    Own,
    /// Their first bytes, which are those of any ZIP archive where its entries stand in an unusual order.
    Zip,
    /// They are text in UTF-8.
    Text,
}

/// A kind of files.
struct Kind {
    /// Its media type.
    name: &'static str,
    mark: Mark,
    /// How names of such files end.
    endings: &'static [&'static str],
}

const fn kind(name: &'static str, mark: Mark, endings: &'static [&'static str]) -> Kind {
    Kind { name, mark, endings }
}

/// What is taken.
const TAKEN: [Kind; 15] = [
    kind("application/json", Mark::Text, &["json"]),
    kind("application/pdf", Mark::Own, &["pdf"]),
    kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", Mark::Zip, &["pptx"]),
    kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Mark::Zip, &["xlsx"]),
    kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Mark::Zip, &["docx"]),
    kind("application/zip", Mark::Own, &["zip"]),
    kind("audio/mpeg", Mark::Own, &["mp3"]),
    kind("image/gif", Mark::Own, &["gif"]),
    kind("image/jpeg", Mark::Own, &["jpg", "jpeg"]),
    kind("image/png", Mark::Own, &["png"]),
    kind("image/webp", Mark::Own, &["webp"]),
    kind("text/csv", Mark::Text, &["csv"]),
    kind("text/markdown", Mark::Text, &["md", "markdown"]),
    kind("text/plain", Mark::Text, &["txt"]),
    kind("video/mp4", Mark::Own, &["mp4", "m4v"]),
];

/// Whether files of this media type are taken.
pub(crate) fn is_taken(content_type: &str, _: &()) -> garde::Result {
    if of(content_type).is_some() {
        return Ok(());
    }
    let names = TAKEN.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
    Err(garde::Error::new(format!("must be one of {names}")))
}

/// Whether a file's name ends as names of its kind do; how they end if not. Whoever saves it opens it by its ending.
pub(crate) fn check_name(content_type: &str, name: &str) -> Result<(), String> {
    let endings = of(content_type).map(|kind| kind.endings).unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    if endings.contains(&ending.as_str()) {
        return Ok(());
    }
    let endings = endings.iter().map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(" or ");
    Err(format!("must end with {endings}, as it is {content_type}"))
}

/// Whether a file that begins with these bytes is what it was said to be; what it looks like if not.
pub(crate) fn check(content_type: &str, beginning: &[u8]) -> Result<(), String> {
    let found = infer::get(beginning).map(|kind| kind.mime_type());
    let fits = match of(content_type).map(|kind| kind.mark) {
        Some(Mark::Own) => found == Some(content_type),
        Some(Mark::Zip) => found == Some(content_type) || found == Some("application/zip"),
        // What has first bytes of its own may be text as well (a script), and is no plain one.
        Some(Mark::Text) => found.is_none() && is_text(beginning),
        None => false,
    };
    if fits {
        return Ok(());
    }
    Err(match found {
        Some(found) => format!("its bytes are {found} and not {content_type}"),
        None => format!("its bytes are not {content_type}"),
    })
}

fn of(content_type: &str) -> Option<&'static Kind> {
    TAKEN.iter().find(|kind| kind.name == content_type)
}

/// Whether bytes are the beginning of a text in UTF-8: the last character may be cut, and nothing steers a terminal.
fn is_text(beginning: &[u8]) -> bool {
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            let whole = beginning.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn bytes_are_what_they_were_said_to_be() {
        for (content_type, beginning) in [
            ("image/png", PNG),
            ("image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
            ("image/gif", b"GIF89a\x01\0\x01\0"),
            ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 "),
            ("application/pdf", b"%PDF-1.7\n"),
            ("application/zip", b"PK\x03\x04\x14\0"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04\x14\0"),
            ("audio/mpeg", b"ID3\x04\0"),
            ("video/mp4", b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"),
            ("text/plain", "Gr\u{fc}\u{df}e\r\n\tAda".as_bytes()),
            ("text/csv", b"name,email\n"),
            ("text/markdown", b"# Title\n"),
            ("application/json", b"{\"a\": 1}"),
        ] {
            assert_eq!(check(content_type, beginning), Ok(()), "{content_type}");
        }
    }

    #[test]
    fn what_is_said_to_be_something_else_is_told() {
        let wrong = |content_type, beginning: &[u8]| check(content_type, beginning).unwrap_err();
        assert_eq!(wrong("image/png", b"%PDF-1.7\n"), "its bytes are application/pdf and not image/png");
        assert_eq!(wrong("image/png", b"Hello"), "its bytes are not image/png");
        assert_eq!(wrong("text/plain", PNG), "its bytes are image/png and not text/plain");
        assert_eq!(wrong("text/plain", b"#!/bin/sh\n"), "its bytes are text/x-shellscript and not text/plain");
        assert_eq!(wrong("text/csv", b"<!DOCTYPE html><html>"), "its bytes are text/html and not text/csv");
        assert_eq!(
            wrong("text/plain", b"MZ\x90\0\x03\0"),
            "its bytes are application/vnd.microsoft.portable-executable and not text/plain"
        );
        for bytes in [&b"a\0b"[..], b"\x1b[2J", b"\xff\xfeh\0i\0", b"caf\xe9 au lait"] {
            assert_eq!(wrong("text/plain", bytes), "its bytes are not text/plain", "{bytes:?}");
        }
        assert!(check("image/svg+xml", b"<svg/>").is_err() && check("", b"").is_err());
    }

    #[test]
    fn a_name_ends_as_its_kind_does() {
        for (content_type, name) in [("image/jpeg", "a.JPG"), ("image/jpeg", "a.b.jpeg"), ("text/plain", ".txt")] {
            assert_eq!(check_name(content_type, name), Ok(()), "{name}");
        }
        let wrong = |content_type, name| check_name(content_type, name).unwrap_err();
        assert_eq!(wrong("image/jpeg", "a.png"), "must end with .jpg or .jpeg, as it is image/jpeg");
        for name in ["a.png.exe", "png", "a.png ", "a.", "", "a.p\u{200b}ng"] {
            assert_eq!(wrong("image/png", name), "must end with .png, as it is image/png", "{name}");
        }
    }

    #[test]
    fn a_text_may_be_cut_within_a_character() {
        let text = "a\u{20ac}".as_bytes();
        assert!(check("text/plain", &text[..2]).is_ok() && check("text/plain", &text[..3]).is_ok());
    }

    #[test]
    fn the_answer_names_what_is_taken() {
        assert!(is_taken("image/png", &()).is_ok());
        let said = is_taken("text/html", &()).unwrap_err().to_string();
        assert!(said.starts_with("must be one of application/json, ") && said.ends_with(", video/mp4"), "{said}");
    }
}
