//! Which passwords are good enough to be chosen.
//!
//! Their length is checked where input is read. Beyond that no rule asks for letters of kinds: what counts is how many guesses a password
//! takes of somebody who knows the common ones, the usual tricks, and this person's own words (NIST SP 800-63B, OWASP ASVS 6.2).

use shared::problem::{FieldProblem, Problem};
use zxcvbn::{Score, zxcvbn};

use crate::secret::Secret;

/// The least that is accepted: at least 10^8 guesses.
const SCORE_MINIMUM: Score = Score::Three;

/// How much of a password is looked at. The time grows faster than the length, and what is strong so far is strong.
const LENGTH_MAXIMUM: usize = 72;

/// What a person's own words are made of beside those that they gave: nobody's password should be ours.
const OUR_WORDS: [&str; 1] = ["groundwork"];

/// Refuses a password that is easily guessed, at the field `path`, with what to do about it. `words` are the person's name and address.
pub(crate) fn require_strength(password: &Secret, words: &[&str], path: &str) -> Result<(), Problem> {
    let begin = password.reveal().chars().take(LENGTH_MAXIMUM).collect::<String>();
    let inputs = words.iter().flat_map(|text| own_words(text)).chain(OUR_WORDS).collect::<Vec<_>>();
    let estimate = zxcvbn(&begin, &inputs);
    if estimate.score() >= SCORE_MINIMUM {
        return Ok(());
    }
    let mut advice = vec!["is too easy to guess.".to_owned()];
    if let Some(feedback) = estimate.feedback() {
        advice.extend(feedback.warning().map(|warning| warning.to_string()));
        advice.extend(feedback.suggestions().iter().map(ToString::to_string));
    }
    if advice.len() == 1 {
        advice.push("Use some more words that have nothing to do with each other.".to_owned());
    }
    Err(Problem::invalid(vec![FieldProblem::new(path, advice.join(" "))]))
}

/// A text, and the words in it: of `ada.lovelace@example.com` also `ada`, `lovelace`, `example` and `com`.
fn own_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() > 2);
    std::iter::once(text).chain(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(password: &str) -> Option<String> {
        let words = ["Ada Lovelace", "ada.lovelace@engines.example"];
        let refused = require_strength(&Secret::from(password.to_owned()), &words, "newPassword");
        refused.err().map(|problem| {
            assert_eq!(problem.status().as_u16(), 422);
            format!("{problem:?}")
        })
    }

    #[test]
    fn what_is_easily_guessed_is_refused_with_what_to_do() {
        for weak in [
            "password",
            "password1",
            "P@ssw0rd!",
            "12345678",
            "qwertyuiop",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "abcdefgh",
            "2001-01-01",
            "adalovelace",
            "Lovelace1815",
            "ada.lovelace@engines.example",
            "groundwork1",
        ] {
            let advice = advice(weak).unwrap_or_else(|| panic!("{weak} is accepted"));
            assert!(advice.contains("is too easy to guess. "), "{weak}: {advice}");
            assert!(!advice.contains(&format!("\"{weak}\"")), "the answer does not repeat the password");
        }
    }

    #[test]
    fn what_is_hard_to_guess_is_accepted_whatever_its_letters() {
        for strong in [
            "correct horse battery",
            "kumquat-marmalade-7",
            "Zr7!kQ2p#9",
            "ein langer deutscher Satz",
            "грудка-изюм-мостик",
            "🦊🐳🌋 and a volcano",
        ] {
            assert_eq!(advice(strong), None, "{strong}");
        }
        assert_eq!(advice(&"correct horse battery ".repeat(40)), None);
    }
}
