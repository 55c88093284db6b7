//! The dates that exports write, and the question whether 03/04 is in March or in April.

use super::text::shortened;
use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, tz::TimeZone};

/// The order of day and month in a column of dates such as 03/04/2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// 03/04 is 4 March. Also where no date of the column decides: it is what spreadsheets write where English is set
    /// and what the American products export.
    MonthFirst,
    /// 03/04 is 3 April.
    DayFirst,
    /// Some dates of the column can only be the one, some only the other, so that 03/04 may be either.
    Mixed,
}

impl DateOrder {
    /// Decides by all values of a column: a part above 12 is a day.
    pub(super) fn of_column(values: impl Iterator<Item = impl AsRef<str>>) -> Self {
        let (mut day_first, mut month_first) = (false, false);
        for value in values {
            if let Some((first, second)) = ambiguous_parts(value.as_ref()) {
                day_first |= first > 12 && second <= 12;
                month_first |= second > 12 && first <= 12;
            }
        }
        match (day_first, month_first) {
            (true, true) => Self::Mixed,
            (true, false) => Self::DayFirst,
            (false, _) => Self::MonthFirst,
        }
    }
}

/// The first two numbers of a date like 03/04/2026 or 3-4-26.
fn ambiguous_parts(value: &str) -> Option<(i8, i8)> {
    let date = value.split_whitespace().next()?;
    let mut parts = date.split(['/', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |part: &str| if part.len() <= 2 { part.parse().ok() } else { None };
    year.parse::<u16>().ok()?;
    Some((short(first)?, short(second)?))
}

/// Reads a date, with or without a time; without an offset it is in UTC, without a time at midnight. The error
/// completes the sentence "The value …".
pub(super) fn parse(value: &str, order: DateOrder) -> Result<Timestamp, String> {
    if order == DateOrder::Mixed
        && let Some((first, second)) = ambiguous_parts(value)
        && first <= 12
        && second <= 12
        && first != second
    {
        return Err(
            "may be day/month or month/day, and the column has dates of both kinds: write it as YYYY-MM-DD".to_owned()
        );
    }
    read(value, order)
        .filter(|time| (1970..=2100).contains(&TimeZone::UTC.to_datetime(*time).year()))
        .ok_or_else(|| format!("\"{}\" is not a date that we can read: write it as YYYY-MM-DD", shortened(value, 40)))
}

fn read(value: &str, order: DateOrder) -> Option<Timestamp> {
    if is_iso(value) {
        let value = value.replacen('/', "-", 2);
        if let Ok(time) = value.parse::<Timestamp>() {
            return Some(time);
        }
        if let Ok(local) = value.parse::<DateTime>() {
            return TimeZone::UTC.to_timestamp(local).ok();
        }
    }
    let spaced = value.replace(',', " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (date, time) = match words.as_slice() {
        [date, time @ ..] if date.contains(['/', '-', '.']) && !date.ends_with('.') => (numeric(date, order)?, time),
        [first, second, year, time @ ..] => (named(first, second, year)?, time),
        _ => return None,
    };
    TimeZone::UTC.to_timestamp(date.to_datetime(time_of_day(time)?)).ok()
}

/// Whether a value begins with a year and a month.
fn is_iso(value: &str) -> bool {
    let mut characters = value.chars();
    characters.by_ref().take(4).filter(char::is_ascii_digit).count() == 4
        && matches!(characters.next(), Some('-' | '/'))
}

/// 03/04/2026, 3-4-26, 03.04.2026 (always day first), 2026-04-03, 3-Apr-26.
fn numeric(date: &str, order: DateOrder) -> Option<Date> {
    let mut parts = date.split(['/', '-', '.']);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    if first.len() == 4 {
        return Date::new(first.parse().ok()?, second.parse().ok()?, third.parse().ok()?).ok();
    }
    if second.starts_with(|character: char| character.is_alphabetic()) {
        return Date::new(year(third)?, month(second)?, first.parse().ok()?).ok();
    }
    let (first, second): (i8, i8) = (first.parse().ok()?, second.parse().ok()?);
    let day_first = match order {
        DateOrder::DayFirst => true,
        DateOrder::MonthFirst => false,
        DateOrder::Mixed => first > 12,
    };
    let (day, month) = if day_first || date.contains('.') { (first, second) } else { (second, first) };
    Date::new(year(third)?, month, day).ok()
}

/// 12 Nov 2026, November 12 2026.
fn named(first: &str, second: &str, last: &str) -> Option<Date> {
    let (day, month) = match month(first) {
        Some(month) => (second, month),
        None => (first, month(second)?),
    };
    Date::new(year(last)?, month, day.trim_end_matches('.').parse().ok()?).ok()
}

/// Four digits, or two of this century: nobody was last contacted in the last one by a start-up.
fn year(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

/// An English month, whole or in three or four letters.
fn month(text: &str) -> Option<i8> {
    const MONTHS: [(&str, i8); 12] = [
        ("january", 1),
        ("february", 2),
        ("march", 3),
        ("april", 4),
        ("may", 5),
        ("june", 6),
        ("july", 7),
        ("august", 8),
        ("september", 9),
        ("october", 10),
        ("november", 11),
        ("december", 12),
    ];
    let text = text.trim_end_matches('.').to_lowercase();
    MONTHS.into_iter().find(|(name, _)| text.len() >= 3 && name.starts_with(&text)).map(|(_, number)| number)
}

/// Nothing, 15:45, 15:45:30, 3:45 PM or 3:45PM.
fn time_of_day(words: &[&str]) -> Option<Time> {
    let text = words.concat().to_lowercase();
    if text.is_empty() {
        return Some(Time::midnight());
    }
    let (clock, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        _ => (text.as_str(), None),
    };
    let mut parts = clock.split(':');
    let hour: i8 = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let second = parts.next().map_or(Some(0), |second| second.parse().ok())?;
    let hour = match half {
        Some(offset) if (1..=12).contains(&hour) => hour % 12 + offset,
        Some(_) => return None,
        None => hour,
    };
    if parts.next().is_some() { None } else { Time::new(hour, minute, second, 0).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: &str, order: DateOrder) -> String {
        parse(value, order).map_or_else(|problem| problem, |time| time.to_string())
    }

    #[test]
    fn formats_that_leave_no_choice() {
        for (value, expected) in [
            ("2026-11-12", "2026-11-12T00:00:00Z"),
            ("2026/11/12", "2026-11-12T00:00:00Z"),
            ("2026-11-12 10:23", "2026-11-12T10:23:00Z"),
            ("2026-11-12 10:23:45", "2026-11-12T10:23:45Z"),
            ("2026-11-12T10:23:45Z", "2026-11-12T10:23:45Z"),
            ("2026-11-12T10:23:45.5+02:00", "2026-11-12T08:23:45.5Z"),
            ("12 Nov 2026", "2026-11-12T00:00:00Z"),
            ("7-Feb-22", "2022-02-07T00:00:00Z"),
            ("Nov 12, 2026", "2026-11-12T00:00:00Z"),
            ("Sept. 1, 2026 3:45 pm", "2026-09-01T15:45:00Z"),
            ("November 12, 2026 12:05 AM", "2026-11-12T00:05:00Z"),
            ("03.04.2026", "2026-04-03T00:00:00Z"),
            ("03.04.2026 17:30", "2026-04-03T17:30:00Z"),
            ("11/12/2026 3:45PM", "2026-11-12T15:45:00Z"),
        ] {
            assert_eq!(at(value, DateOrder::MonthFirst), expected, "{value}");
        }
    }

    #[test]
    fn the_column_decides_on_the_order() {
        let order = |values: &[&str]| DateOrder::of_column(values.iter());
        assert_eq!(order(&["03/04/2026", "13/04/2026"]), DateOrder::DayFirst);
        assert_eq!(order(&["03/04/2026", "04/13/2026 3:45 PM"]), DateOrder::MonthFirst);
        assert_eq!(order(&["03/04/2026", "2026-04-13", "13.04.2026"]), DateOrder::MonthFirst);
        assert_eq!(order(&["13/04/2026", "04/13/2026"]), DateOrder::Mixed);
        assert_eq!(at("03/04/2026", DateOrder::DayFirst), "2026-04-03T00:00:00Z");
        assert_eq!(at("03-04-26", DateOrder::MonthFirst), "2026-03-04T00:00:00Z");
    }

    #[test]
    fn a_mixed_column_still_gives_what_is_certain() {
        assert_eq!(at("13/04/2026", DateOrder::Mixed), "2026-04-13T00:00:00Z");
        assert_eq!(at("04/13/2026", DateOrder::Mixed), "2026-04-13T00:00:00Z");
        assert_eq!(at("05/05/2026", DateOrder::Mixed), "2026-05-05T00:00:00Z");
        assert!(at("03/04/2026", DateOrder::Mixed).contains("both kinds"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let values = [
            "yesterday",
            "45123",
            "2026-02-30",
            "13/13/2026",
            "12 Nov",
            "31 Foo 2026",
            "1/2/3/4",
            "01/02/1899",
            "12:30",
            "2026-11-12 25:00",
        ];
        for value in values {
            assert!(at(value, DateOrder::MonthFirst).contains("YYYY-MM-DD"), "{value}");
        }
    }
}
