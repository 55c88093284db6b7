//! Words, stems and safe quoting. Everything here accepts any Unicode text and looks at a bounded part of it.

use super::vocabulary::VOCABULARY;

/// The most characters of one message that are read; the rest cannot change an answer.
pub(super) const TEXT_LIMIT: usize = 4_000;

/// Its stem would be that of "market", which means something else to a founder.
const MARKETING: &str = "marketing";

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As it was written, in lower case.
    pub(super) written: String,
    /// What it is compared by.
    pub(super) stem: String,
}

/// The words of a text in order. Apostrophes are dropped ("don't" is "dont"), other punctuation separates, and pairs
/// such as "follow up" become the one word that the vocabulary names.
pub(super) fn words(text: &str) -> Vec<Word> {
    let readable: String = text.chars().take(TEXT_LIMIT).filter(|character| !matches!(character, '\'' | '’')).collect();
    let mut words: Vec<Word> = Vec::new();
    for part in readable.split(|character: char| !character.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let written = part.to_lowercase();
        let stem = stem(&written);
        let joined = words.last().and_then(|last| VOCABULARY.joined(&last.stem, &stem));
        match (joined, words.last_mut()) {
            (Some(joined), Some(last)) => {
                last.written = format!("{} {written}", last.written);
                joined.clone_into(&mut last.stem);
            }
            _ => words.push(Word { written, stem }),
        }
    }
    words
}

/// Cuts the endings off an English word, so that "pricing", "prices" and "price" compare equal. A stem need not be a
/// word; it only has to be the same for the same word.
pub(super) fn stem(word: &str) -> String {
    if !word.is_ascii() || word.len() <= 3 || word == MARKETING {
        return word.to_owned();
    }
    let singular = if let Some(base) = word.strip_suffix("ies").filter(|base| base.len() >= 2) {
        format!("{base}y")
    } else if ["ss", "us", "sis", "this"].iter().any(|ending| word.ends_with(ending)) {
        word.to_owned()
    } else {
        word.strip_suffix('s').unwrap_or(word).to_owned()
    };
    let has_vowel = |base: &str| base.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let base = ["ing", "ed"]
        .into_iter()
        .find_map(|ending| singular.strip_suffix(ending))
        .filter(|base| base.len() >= 3 && has_vowel(base) && !singular.ends_with("eed"))
        .unwrap_or(&singular);
    let base = if base.len() > 3 { base.strip_suffix('e').unwrap_or(base) } else { base };
    let mut backwards = base.chars().rev();
    match (backwards.next(), backwards.next()) {
        (Some(last), Some(before)) if last == before && !"aeiou".contains(last) && base.len() > 3 => {
            base.strip_suffix(last).unwrap_or(base).to_owned()
        }
        _ => base.to_owned(),
    }
}

/// A text made safe to stand inside an answer: one line, no control or direction-changing characters, no braces (which
/// would look like an unfilled placeholder), at most `limit` characters.
pub(super) fn quotable(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let readable = text.chars().take(TEXT_LIMIT).map(|character| match character {
        '{' => '(',
        '}' => ')',
        '"' | '“' | '”' => '\'',
        other if is_invisible(other) => ' ',
        other => other,
    });
    let readable: String = readable.collect();
    for word in readable.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        for character in word.chars() {
            if length >= limit {
                line.truncate(line.trim_end().len());
                line.push('…');
                return line;
            }
            line.push(character);
            length += 1;
        }
    }
    line
}

/// Control characters and the marks that reorder or hide the text around them.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The first sentence of a text.
pub(super) fn first_sentence(text: &str) -> &str {
    text.split_inclusive(['.', '?', '!']).next().unwrap_or(text).trim()
}

/// The text with its first letter in upper case.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// As much of the text as fits into `limit` characters, cut after a whole sentence or line where there is one.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let head: String = text.chars().take(limit).collect();
    match head.rfind(['.', '?', '!', '\n']).and_then(|end| head.get(..=end)) {
        Some(sentences) if !sentences.trim().is_empty() => sentences.trim_end().to_owned(),
        _ => head,
    }
}

/// A hash that is the same on every platform and in every release (FNV-1a, 64 bits), for choosing among wordings.
pub(super) fn stable_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        // 0xff never occurs in UTF-8, so ("ab", "c") and ("a", "bc") differ.
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["price", "prices", "pricing", "priced"][..],
            &["raise", "raising", "raised", "raises"],
            &["plan", "planning", "plans", "planned"],
            &["company", "companies"],
            &["sell", "selling", "sells"],
            &["pitch", "pitches", "pitching"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|stem| stem == &stems[0]), "{forms:?} became {stems:?}");
        }
    }

    #[test]
    fn pairs_become_one_word() {
        let stems = |text| words(text).into_iter().map(|word| word.stem).collect::<Vec<_>>();
        assert_eq!(stems("Co-founders"), stems("cofounder"));
        assert_eq!(stems("following up"), stems("follow-up"));
        assert_eq!(stems("e-mails"), stems("email"));
    }

    #[test]
    fn quotations_hold_one_visible_line() {
        assert_eq!(quotable(" a\n{b}\u{202e} \"c\" ", 20), "a (b) 'c'");
        assert_eq!(quotable("🦉🦉🦉🦉", 3), "🦉🦉🦉…");
        assert_eq!(quotable("one two", 4), "one…");
    }

    #[test]
    fn long_answers_end_with_a_sentence() {
        assert_eq!(shortened("One. Two three.", 9), "One.");
        assert_eq!(shortened("Unbroken", 4), "Unbr");
    }
}
