//! From bytes to text, and the cleaning of a cell's text.

use super::FileError;

/// The first bytes of a zip archive, which is what `.xlsx`, `.ods` and `.numbers` files are.
const ZIP: &[u8] = b"PK\x03\x04";
/// The first bytes of an OLE compound file, which is what `.xls` files are.
const COMPOUND_FILE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// Reads UTF-8, with or without a byte order mark, and UTF-16 with one (the "Unicode text" of Excel). A file that
/// holds a NUL is binary, or UTF-16 without its mark, and is refused.
pub(super) fn decode(bytes: &[u8]) -> Result<String, FileError> {
    if bytes.starts_with(ZIP) || bytes.starts_with(COMPOUND_FILE) {
        return Err(FileError::Workbook);
    }
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes)?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned(),
            Err(error) => return Err(FileError::NotUtf8 { offset: error.valid_up_to() }),
        },
    };
    match text.find('\0') {
        Some(offset) => Err(FileError::NotUtf8 { offset }),
        None => Ok(text),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, FileError> {
    const MARK_BYTES: usize = 2;
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(FileError::NotUtf8 { offset: MARK_BYTES + bytes.len() - 1 });
    }
    let mut text = String::with_capacity(bytes.len());
    let mut offset = MARK_BYTES;
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let character = character.map_err(|_| FileError::NotUtf8 { offset })?;
        offset += 2 * character.len_utf16();
        text.push(character);
    }
    Ok(text)
}

/// Characters that nobody sees and that make equal values unequal: the byte order mark, the zero-width space and the
/// marks of writing direction that come along when a number or a name is copied from a web page.
fn is_invisible(character: char) -> bool {
    let is_direction = matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    is_direction || matches!(character, '\u{FEFF}' | '\u{200B}')
}

/// A cell as one line: white space of any kind and length is one space, the ends are trimmed, control characters are
/// removed.
pub(crate) fn single_line(cell: &str) -> String {
    let mut line = String::with_capacity(cell.len());
    for word in cell.split_whitespace() {
        let gap = line.len();
        line.extend(word.chars().filter(|character| !character.is_control() && !is_invisible(*character)));
        if gap > 0 && line.len() > gap {
            line.insert(gap, ' ');
        }
    }
    line
}

/// A cell that may have several lines: line ends become `\n`, tabs spaces, the ends are trimmed, control characters
/// are removed.
pub(crate) fn multi_line(cell: &str) -> String {
    let text: String = cell
        .replace("\r\n", "\n")
        .chars()
        .map(|character| match character {
            '\r' => '\n',
            '\t' => ' ',
            other => other,
        })
        .filter(|character| *character == '\n' || (!character.is_control() && !is_invisible(*character)))
        .collect();
    text.trim().to_owned()
}

/// What exports write for "nothing" and nobody is called.
pub(crate) fn is_nothing(line: &str) -> bool {
    line.is_empty()
        || ["-", "--", "–", "—", "n/a", "#n/a", "(no value)", "--none--"]
            .iter()
            .any(|nothing| line.eq_ignore_ascii_case(nothing))
}

/// What exports write for "nothing" in a cell of a narrower kind (an address, a number, a date, a choice). Names are
/// not among them: there are people called Null, Nan and Na.
pub(super) fn is_nothing_typed(line: &str) -> bool {
    is_nothing(line) || ["none", "null", "nan", "na"].iter().any(|nothing| line.eq_ignore_ascii_case(nothing))
}

/// Letters and digits only, in lower case: how headers and choices are compared, whatever their spaces, hyphens and
/// marks.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// At most `limit` characters of a text, with an ellipsis if that is not all.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit { text.to_owned() } else { text.chars().take(limit).chain(['…']).collect() }
}
