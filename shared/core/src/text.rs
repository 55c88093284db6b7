//! Texts that people write about themselves and others read: kept in one form, and refused where they deceive.
//!
//! One text has one form (NFC), so that two spellings that look the same are the same. Characters that nobody sees (bidirectional controls,
//! zero-width and private ones) are refused: they make a text read as another than it is. A name has no word of several scripts, so that
//! nobody passes for somebody else with a letter of another alphabet (UTS #39, mixed-script detection).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::MixedScript;

/// How many characters a person's name has at most.
pub const NAME_LENGTH_MAXIMUM: usize = 100;
/// How many marks may stand on one letter of a name; more make towers that cover the lines around them.
const MARKS_MAXIMUM: usize = 4;

/// A text of one line as it is kept: in NFC, with single spaces and none around it.
pub fn line(text: &str) -> String {
    let tidy: String = text.nfc().collect();
    tidy.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of several lines as it is kept: in NFC, with `\n` between lines and nothing around it.
pub fn lines(text: &str) -> String {
    text.nfc().collect::<String>().replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// A text as it is compared in searches: letters and digits alone, without case and marks, words apart by one space.
pub fn folded(text: &str) -> String {
    let bare = text.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase);
    let words: String = bare.map(|character| if character.is_alphanumeric() { character } else { ' ' }).collect();
    words.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether nobody sees the character, or it changes how others are read.
fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
        || matches!(u32::from(character), 0xFDD0..=0xFDEF)
        || u32::from(character) & 0xFFFE == 0xFFFE
}

/// Whether a joiner stands where scripts and emoji need one, and not within Latin, Greek or Cyrillic letters.
fn joins(before: Option<char>) -> bool {
    before.is_some_and(|character| character >= '\u{0530}')
}

/// Whether a text holds nothing that is not seen; `breaks` says that it may have several lines.
fn is_plain(text: &str, breaks: bool) -> bool {
    let mut before = None;
    text.chars().all(|character| {
        let fine = match character {
            '\n' | '\r' => breaks,
            '\u{200C}' | '\u{200D}' => joins(before),
            other => !other.is_control() && !is_deceptive(other),
        };
        before = Some(character);
        fine
    })
}

/// A rule for texts of one line: they say something, and nothing unseen. Its signature is what garde's `custom` wants.
pub fn is_line(text: &str, _: &()) -> garde::Result {
    if !is_plain(text, false) {
        return Err(garde::Error::new("must not hold line breaks, control characters or others that nobody sees"));
    }
    if line(text).is_empty() { Err(garde::Error::new("must not be blank")) } else { Ok(()) }
}

/// A rule for texts of several lines: they say something, and nothing unseen but line breaks.
pub fn is_text(text: &str, _: &()) -> garde::Result {
    if !is_plain(text, true) {
        return Err(garde::Error::new("must not hold control characters or others that nobody sees"));
    }
    if lines(text).is_empty() { Err(garde::Error::new("must not be blank")) } else { Ok(()) }
}

/// A rule for the names of people.
pub fn is_person_name(text: &str, context: &()) -> garde::Result {
    is_line(text, context)?;
    let name = line(text);
    if name.chars().count() > NAME_LENGTH_MAXIMUM {
        return Err(garde::Error::new("must have at most 100 characters"));
    }
    if !name.chars().any(char::is_alphabetic) {
        return Err(garde::Error::new("must have a letter"));
    }
    let mut marks = 0;
    for character in name.nfd() {
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        if marks > MARKS_MAXIMUM {
            return Err(garde::Error::new("must not have more than four marks on a letter"));
        }
    }
    let mut words = name.split([' ', '-', '\'', '’', '.', ',', '(', ')', '/', '·']);
    if words.all(|word| word.is_single_script()) {
        Ok(())
    } else {
        Err(garde::Error::new("must not have letters of several alphabets in one word"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_many_languages_are_taken() {
        for name in [
            "Ada Lovelace",
            " Ada  King ",
            "Müller-Lüdenscheidt",
            "O’Neil",
            "D'Arcy",
            "Jean-Luc",
            "J. R. R. Tolkien",
            "Σωκράτης",
            "Ольга Кнорринг",
            "李明",
            "山田 ひろし",
            "김철수",
            "محمد علی",
            "می\u{200C}نا",
            "नरेन्द्र",
            "ศิริ",
            "Nguyễn Thị",
            "Henry 8th",
            "é",
        ] {
            assert!(is_person_name(name, &()).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_deceive_are_refused() {
        let long = "x".repeat(101);
        let tower = format!("Z{}", "\u{0301}\u{0302}".repeat(3));
        for name in [
            "",
            " ",
            "...",
            "42",
            "Ada\nBcc",
            "Ada\u{0}",
            "Ada\u{202E}ecalevoL",
            "\u{2066}Ada\u{2069}",
            "A\u{200B}da",
            "A\u{200D}da",
            "Ada\u{FEFF}",
            "\u{3164}",
            "Аda",
            "Adа Lovelace",
            "Αda",
            "Ada\u{E000}",
            "Ada\u{E0041}",
            "Ada\u{FFFE}",
            &long,
            &tower,
        ] {
            assert!(is_person_name(name, &()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn texts_may_have_lines_and_emoji() {
        for text in ["Two\nlines", "Two\r\nlines", "👩\u{200D}🚀 flies", "❤️", "Русский and English"] {
            assert!(is_text(text, &()).is_ok(), "{text}");
        }
        for text in ["\n", "a\u{7}", "a\tb", "a\u{202E}b", "a\u{200D}b"] {
            assert!(is_text(text, &()).is_err(), "{text:?}");
        }
        assert!(is_line("Two\nlines", &()).is_err());
    }

    #[test]
    fn searches_see_neither_case_nor_marks() {
        assert_eq!(folded("  Ada  LOVELACE "), "ada lovelace");
        assert_eq!(folded("Éléonore-Zoë d'Ö"), "eleonore zoe d o");
        assert_eq!(folded("Ⅷ ﬁ"), "viii fi");
        assert_eq!(folded("Rust, C++ & Go"), "rust c go");
        assert_eq!(folded("김철수"), "김철수");
    }

    proptest! {
        #[test]
        fn a_tidy_text_stays_as_it_is(text in ".{0,60}") {
            let (one, many, fold) = (line(&text), lines(&text), folded(&text));
            prop_assert_eq!(line(&one), one);
            prop_assert_eq!(lines(&many), many);
            prop_assert_eq!(folded(&fold), fold);
        }
    }
}
