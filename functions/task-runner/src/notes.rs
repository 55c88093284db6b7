//! A dated line in a lead's notes.

use shared::clock::Timestamp;

/// How long a lead's notes may be.
const NOTES_CHARACTERS_MAXIMUM: usize = 10_000;

/// The notes with a line at their end. Full notes stay as they are: what people wrote is never cut for a line whose message the lead's
/// activities hold anyway.
pub(crate) fn with_line(notes: Option<&str>, text: &str, now: Timestamp) -> String {
    let line = format!("{}: {text}", now.day());
    let notes = notes.unwrap_or_default();
    let longer = if notes.trim().is_empty() { line } else { format!("{}\n{line}", notes.trim_end()) };
    if longer.chars().count() <= NOTES_CHARACTERS_MAXIMUM { longer } else { notes.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_165_200);

    #[test]
    fn a_line_is_added_with_its_day() {
        assert_eq!(with_line(None, "Wrote", NOW), "2026-11-20: Wrote");
        assert_eq!(with_line(Some("Met in Oslo\n"), "Wrote", NOW), "Met in Oslo\n2026-11-20: Wrote");
    }

    #[test]
    fn full_notes_stay_as_they_are() {
        let room = NOTES_CHARACTERS_MAXIMUM - "\n2026-11-20: Wrote".len();
        assert_eq!(with_line(Some(&"é".repeat(room)), "Wrote", NOW).chars().count(), NOTES_CHARACTERS_MAXIMUM);
        let full = "é".repeat(room + 1);
        assert_eq!(with_line(Some(&full), "Wrote", NOW), full);
    }
}
