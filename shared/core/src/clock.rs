//! Time as an argument.
//!
//! Nothing in the platform asks the operating system for the time: Workers trap on it, and tests move days in microseconds. A host
//! hands a [`Clock`] to the functions; token expiry, leases, cool-downs and identifiers all come from it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

/// What a host must provide to be a source of time.
pub trait TimeSource: Send + Sync + fmt::Debug {
    /// The current instant.
    fn now(&self) -> Timestamp;

    /// Completes after `duration`; used only between retries.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The clock that every function is given; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Arc<dyn TimeSource>);

impl Clock {
    /// Wraps a host's source of time.
    pub fn new(source: impl TimeSource + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The current instant, to the millisecond.
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Waits for `duration` on the host's timer.
    pub async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

/// An instant in milliseconds since the Unix epoch.
///
/// Its text form is RFC 3339 in UTC with exactly three decimals (`2026-11-20T09:30:00.000Z`), so that texts sort as instants do and can
/// be parts of sort keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-20T09:30:00.000Z")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest instant that has a text form in every library that reads ours: jiff's, the second to last day of the year 9999.
    const MAXIMUM_MS: i64 = 253_402_207_200_999;

    /// The instant `milliseconds` after the Unix epoch; clamped to the years 1970 to 9999, the range whose texts sort.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        if milliseconds < 0 {
            Self(0)
        } else if milliseconds > Self::MAXIMUM_MS {
            Self(Self::MAXIMUM_MS)
        } else {
            Self(milliseconds)
        }
    }

    /// The instant `seconds` after the Unix epoch, clamped likewise.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_milliseconds(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_milliseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved later by `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_milliseconds(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant moved earlier by `duration`.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_milliseconds(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The UTC day, `2026-11-20`.
    pub fn day(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// The UTC month, `2026-11`: the period of usage limits.
    pub fn month(self) -> String {
        self.to_string().chars().take(7).collect()
    }

    /// When the next UTC month begins, with which usage begins anew.
    pub fn next_month(self) -> Self {
        self.after(Date::last_of_month)
    }

    /// When the next UTC day begins, with which a day's credits are there anew.
    pub fn next_day(self) -> Self {
        self.after(|today| today)
    }

    /// When the UTC day ends that `last_day` makes of this one.
    fn after(self, last_day: impl Fn(Date) -> Date) -> Self {
        let first = jiff::Timestamp::from_millisecond(self.0).ok().and_then(|instant| {
            let last_day = last_day(instant.to_zoned(TimeZone::UTC).date());
            last_day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()
        });
        // The last days of the last year have none after them.
        first.map_or(Self(Self::MAXIMUM_MS), |first| Self::from_milliseconds(first.timestamp().as_millisecond()))
    }

    /// The UTC hour, `2026-11-20T09`: the slot of an hourly run.
    pub fn hour(self) -> String {
        self.to_string().chars().take(13).collect()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        write!(formatter, "{instant:.3}")
    }
}

/// A text that is no RFC 3339 instant.
#[derive(Debug, thiserror::Error)]
#[error("not an RFC 3339 date and time from 1970 on")]
pub struct InvalidTimestamp;

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        let milliseconds = instant.as_millisecond();
        if (0..=Self::MAXIMUM_MS).contains(&milliseconds) { Ok(Self(milliseconds)) } else { Err(InvalidTimestamp) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_has_three_decimals_and_names_day_month_and_hour() {
        let instant: Timestamp = "2026-11-20T09:30:00Z".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-11-20T09:30:00.000Z");
        assert_eq!((instant.day().as_str(), instant.month().as_str()), ("2026-11-20", "2026-11"));
        assert_eq!(instant.hour(), "2026-11-20T09");
    }

    #[test]
    fn the_next_month_begins_at_midnight() {
        for (now, next) in [
            ("2026-11-20T09:30:00Z", "2026-12-01T00:00:00.000Z"),
            ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00.000Z"),
            ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(now.parse::<Timestamp>().unwrap().next_month().to_string(), next);
        }
        assert_eq!(Timestamp::from_milliseconds(i64::MAX).next_month().as_milliseconds(), Timestamp::MAXIMUM_MS);
    }

    #[test]
    fn the_next_day_begins_at_midnight_to_the_millisecond() {
        for (now, next) in [
            ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00.000Z"),
            ("2026-11-20T23:59:59.999Z", "2026-11-21T00:00:00.000Z"),
            ("2028-02-28T12:00:00Z", "2028-02-29T00:00:00.000Z"),
            ("2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(now.parse::<Timestamp>().unwrap().next_day().to_string(), next);
        }
    }

    #[test]
    fn refuses_what_has_no_offset() {
        assert!("2026-11-20".parse::<Timestamp>().is_err());
        assert!("2026-11-20T09:30:00".parse::<Timestamp>().is_err());
        assert!("1969-12-31T23:59:59Z".parse::<Timestamp>().is_err());
    }

    proptest! {
        #[test]
        fn texts_sort_as_instants_do(a in 0..Timestamp::MAXIMUM_MS, b in 0..Timestamp::MAXIMUM_MS) {
            let (a, b) = (Timestamp::from_milliseconds(a), Timestamp::from_milliseconds(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.to_string().parse::<Timestamp>().unwrap(), a);
        }
    }
}
