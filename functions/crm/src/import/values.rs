//! The cells that are more than text: e-mail addresses, telephone numbers, statuses and priorities.

use super::text::{folded, is_nothing, is_nothing_typed, shortened};
use super::{LinkedinAddress, linkedin_address};
use shared::model::lead::{LeadPriority, LeadStatus};

/// What a column's cell turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading<T> {
    /// The field's value.
    Value(T),
    /// The field's value, but the cell says more (a second address): the whole cell is kept in the notes too.
    OneOf(T),
    /// A word for "nothing".
    Nothing,
    /// Sensible, but not this field's: it is kept in the notes.
    Other,
    /// A value that the field cannot take. The message completes the sentence "The value …".
    Wrong(String),
}

/// The longest address that SMTP can carry, RFC 5321 with its erratum 1690, in characters.
const EMAIL_LIMIT: usize = 254;

/// An e-mail address in the form in which addresses are compared, or nothing if it is not one. This is a check for
/// slips, not for every form that RFC 5322 allows: one `@`, the characters that providers hand out, a domain with a
/// dot. Addresses are in lower case as a whole; no provider of note tells local parts apart by case.
#[must_use]
pub fn normalised_email(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let local_character = |character: char| character.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(character);
    let local_is_good = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(local_character)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let label_is_good = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|character| character.is_alphanumeric() || character == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let (_, top) = domain.rsplit_once('.')?;
    let top_is_good = top.chars().count() >= 2 && top.chars().any(|character| !character.is_ascii_digit());
    let good = local_is_good && domain.split('.').all(label_is_good) && top_is_good;
    (good && address.chars().count() <= EMAIL_LIMIT).then_some(address)
}

/// An e-mail cell: an address, `mailto:` before it, `Name <address>`, or several of them (Google writes ` ::: `
/// between them, Pipedrive a comma), of which the first counts.
pub(crate) fn email(line: &str) -> Reading<String> {
    if is_nothing_typed(line) {
        return Reading::Nothing;
    }
    let spread = line.replace(":::", ";").replace(',', ";");
    let mut addresses = spread.split(';').map(bare_address).filter(|address| !address.is_empty());
    let Some(first) = addresses.next() else { return Reading::Nothing };
    let more = addresses.next().is_some();
    match normalised_email(first) {
        Some(address) if more => Reading::OneOf(address),
        Some(address) => Reading::Value(address),
        None if first.chars().count() > EMAIL_LIMIT => Reading::Wrong(too_long(EMAIL_LIMIT)),
        None => Reading::Wrong("is not an e-mail address: it should look like name@example.com".to_owned()),
    }
}

fn bare_address(part: &str) -> &str {
    let inner = part.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(part, |(inner, _)| inner).trim();
    match inner.split_once(':') {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto") => address.trim(),
        _ => inner,
    }
}

/// The longest telephone number that is kept, in characters: extensions and remarks stand in the cell too.
const PHONE_LIMIT: usize = 50;

/// A telephone cell, kept as it is written. Of several numbers (` ::: `) the first counts. A number that a
/// spreadsheet has turned into 4.915E+11 has lost its digits and cannot be kept.
pub(crate) fn phone(line: &str) -> Reading<String> {
    if is_nothing_typed(line) {
        return Reading::Nothing;
    }
    let (first, more) = match line.split_once(":::") {
        Some((first, _)) => (first.trim(), true),
        None => (line, false),
    };
    // Spreadsheets mark text that looks like a number, and exports guard against formulas, with a leading apostrophe.
    let first = first.strip_prefix('\'').unwrap_or(first).trim();
    if is_rounded(first) {
        let advice = "was rounded by a spreadsheet: format the column as text there, and export again";
        return Reading::Wrong(advice.to_owned());
    }
    if first.chars().filter(char::is_ascii_digit).count() < 3 {
        return Reading::Wrong("is not a telephone number: it has fewer than three digits".to_owned());
    }
    if first.chars().count() > PHONE_LIMIT {
        return Reading::Wrong(too_long(PHONE_LIMIT));
    }
    if more { Reading::OneOf(first.to_owned()) } else { Reading::Value(first.to_owned()) }
}

/// Scientific notation, with the decimal point or the decimal comma.
fn is_rounded(number: &str) -> bool {
    let number = number.to_ascii_lowercase();
    number.split_once("e+").is_some_and(|(mantissa, exponent)| {
        let digits = |text: &str| !text.is_empty() && text.chars().all(|character| character.is_ascii_digit());
        digits(exponent) && digits(&mantissa.replacen(['.', ','], "", 1))
    })
}

/// The longest address of a profile, in characters.
const URL_LIMIT: usize = 500;

/// A cell with the address of a profile.
pub(crate) fn linkedin(line: &str) -> Reading<String> {
    if is_nothing_typed(line) {
        return Reading::Nothing;
    }
    match linkedin_address(line) {
        LinkedinAddress::Profile(address) if address.chars().count() > URL_LIMIT => Reading::Wrong(too_long(URL_LIMIT)),
        LinkedinAddress::Profile(address) => Reading::Value(address),
        LinkedinAddress::OtherPage => Reading::Other,
        LinkedinAddress::Elsewhere => Reading::Wrong(
            "is not the address of a LinkedIn profile: it should look like linkedin.com/in/name".to_owned(),
        ),
    }
}

/// The longest name of a person, a company or a position, in characters.
pub(crate) const NAME_LIMIT: usize = 200;

/// The longest source, in characters.
pub(crate) const SOURCE_LIMIT: usize = 100;

/// A cell of one line with a limit in characters.
pub(crate) fn line_of(limit: usize) -> impl Fn(&str) -> Reading<String> {
    move |line| {
        if is_nothing(line) {
            Reading::Nothing
        } else if line.chars().count() > limit {
            Reading::Wrong(too_long(limit))
        } else {
            Reading::Value(line.to_owned())
        }
    }
}

pub(crate) fn too_long(limit: usize) -> String {
    format!("is longer than {limit} characters")
}

/// Folded words for each status: ours; HubSpot's lead statuses and lifecycle stages; Salesforce's lead statuses;
/// Pipedrive's deal statuses; Apollo's contact stages; German. HubSpot's "Open" is a lead that nobody has spoken with
/// yet, its "Bad timing" one that is not to be followed up now.
const STATUSES: [(LeadStatus, &str); 5] = [
    (
        LeadStatus::New,
        "new lead newlead subscriber open opennotcontacted notcontacted uncontacted notstarted untouched cold \
         prospect neu offen",
    ),
    (
        LeadStatus::Contacted,
        "contacted attemptedtocontact attempted attempting attemptingcontact connected inprogress working \
         workingcontacted contactmade approaching replied responded nurture nurturing engaged kontaktiert \
         inbearbeitung",
    ),
    (
        LeadStatus::Qualified,
        "qualified marketingqualifiedlead mql salesqualifiedlead sql opportunity opendeal interested salesready demo \
         proposal negotiation qualifiziert",
    ),
    (
        LeadStatus::Converted,
        "converted customer client won closedwon closedconverted dealwon evangelist gewonnen kunde konvertiert",
    ),
    (
        LeadStatus::Lost,
        "lost closedlost closednotconverted unqualified disqualified notinterested badtiming unresponsive \
         donotcontact baddata changedjob rejected dead closed verloren",
    ),
];

/// Folded words for each priority; Salesforce's ratings and Pipedrive's labels among them. Bare numbers are not: 1 is
/// the highest to some and the lowest to others.
const PRIORITIES: [(LeadPriority, &str); 3] = [
    (LeadPriority::Low, "low lowest cold coldlead minor p3 p4 niedrig gering"),
    (LeadPriority::Medium, "medium med mid middle moderate normal warm warmlead p2 mittel"),
    (LeadPriority::High, "high highest urgent critical important hot hotlead top p0 p1 hoch dringend"),
];

pub(super) fn status(line: &str) -> Reading<LeadStatus> {
    choice(line, &STATUSES, "new, contacted, qualified, converted or lost")
}

pub(super) fn priority(line: &str) -> Reading<LeadPriority> {
    choice(line, &PRIORITIES, "low, medium or high")
}

fn choice<T: Copy>(line: &str, choices: &[(T, &str)], names: &str) -> Reading<T> {
    if is_nothing_typed(line) {
        return Reading::Nothing;
    }
    let word = folded(line);
    let found = choices.iter().find(|(_, words)| words.split_whitespace().any(|known| known == word));
    match found {
        Some((choice, _)) => Reading::Value(*choice),
        None => Reading::Wrong(format!("\"{}\" is not known: use {names}", shortened(line, 40))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn good_addresses_are_taken_in_lower_case() {
        for (cell, address) in [
            ("Ada@Example.COM", "ada@example.com"),
            ("o'neil+crm@mail.example.co.uk", "o'neil+crm@mail.example.co.uk"),
            ("Ada Lovelace <ada@example.com>", "ada@example.com"),
            ("mailto:ada@example.com", "ada@example.com"),
            ("jürgen@bücher.example", "jürgen@bücher.example"),
        ] {
            assert_eq!(email(cell), Reading::Value(address.to_owned()), "{cell}");
        }
        assert_eq!(email("ada@example.com ::: ada@home.example"), Reading::OneOf("ada@example.com".to_owned()));
        assert_eq!(email("ada@example.com, ada@home.example"), Reading::OneOf("ada@example.com".to_owned()));
        assert_eq!(email("N/A"), Reading::Nothing);
    }

    #[test]
    fn bad_addresses_are_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        let domains =
            ["ada@", "@example.com", "ada@example", "ada@@example.com", "ada@-a.com", "ada@a..com", "ada@10.0.0.1"];
        let locals =
            ["ada", "ada lovelace@example.com", ".ada@example.com", "a..b@example.com", "a(b)@example.com", &long];
        for cell in domains.into_iter().chain(locals) {
            assert!(matches!(email(cell), Reading::Wrong(_)), "{cell}");
        }
    }

    #[test]
    fn telephone_numbers_stay_as_written() {
        for (cell, number) in [
            ("+49 (0)151 / 234-56", "+49 (0)151 / 234-56"),
            ("'+4915123456", "+4915123456"),
            ("=555 0100 ext. 7", "=555 0100 ext. 7"),
        ] {
            assert_eq!(phone(cell), Reading::Value(number.to_owned()));
        }
        assert_eq!(phone("555-0100 ::: 555-0101"), Reading::OneOf("555-0100".to_owned()));
        for cell in ["4.91512E+11", "4,91512E+11", "call the office", "12", &"1".repeat(51)] {
            assert!(matches!(phone(cell), Reading::Wrong(_)), "{cell}");
        }
    }

    #[test]
    fn choices_are_told_by_their_usual_words() {
        for (word, expected) in [
            ("ATTEMPTED_TO_CONTACT", LeadStatus::Contacted),
            ("Open - Not Contacted", LeadStatus::New),
            ("marketingqualifiedlead", LeadStatus::Qualified),
            ("Closed - Converted", LeadStatus::Converted),
            ("Closed - Not Converted", LeadStatus::Lost),
            ("Kunde", LeadStatus::Converted),
        ] {
            assert_eq!(status(word), Reading::Value(expected), "{word}");
        }
        assert_eq!(priority("Hot"), Reading::Value(LeadPriority::High));
        assert_eq!(status("--None--"), Reading::Nothing);
        assert!(matches!(status("Q3 nurture"), Reading::Wrong(message) if message.contains("Q3 nurture")));
        assert!(matches!(priority("1"), Reading::Wrong(_)));
    }

    #[test]
    fn each_word_stands_for_one_choice() {
        let mut seen = HashSet::new();
        for word in STATUSES.iter().flat_map(|(_, words)| words.split_whitespace()) {
            assert!(word == folded(word) && seen.insert(word), "{word}");
        }
        seen.clear();
        for word in PRIORITIES.iter().flat_map(|(_, words)| words.split_whitespace()) {
            assert!(word == folded(word) && seen.insert(word), "{word}");
        }
    }
}
