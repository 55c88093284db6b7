//! A day of an organisation: what its daily credits are counted by.

use std::fmt;
use std::str::FromStr;

use crate::clock::Timestamp;
use crate::id::{InvalidId, OrganizationId};

/// The seconds of a UTC day; instants count no leap seconds.
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// A UTC day of an organisation. It begins at midnight to the millisecond. Its text is `org_01KAGR3V0R0000000000000000@2026-11-21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationDay {
    /// The organisation.
    pub organization_id: OrganizationId,
    /// How many days it was since 1970.
    number: i64,
}

impl OrganizationDay {
    /// The day that `now` is in.
    pub const fn at(organization_id: OrganizationId, now: Timestamp) -> Self {
        Self { organization_id, number: now.as_seconds().div_euclid(DAY_SECONDS) }
    }

    fn begins(self) -> Timestamp {
        Timestamp::from_seconds(self.number.saturating_mul(DAY_SECONDS))
    }
}

impl fmt::Display for OrganizationDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.organization_id, self.begins().day())
    }
}

impl FromStr for OrganizationDay {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (organization, day) = text.split_once('@').ok_or(InvalidId)?;
        let begins: Timestamp = format!("{day}T00:00:00Z").parse().map_err(|_| InvalidId)?;
        let parsed = Self::at(organization.parse()?, begins);
        // One day has one text.
        if parsed.to_string() == text { Ok(parsed) } else { Err(InvalidId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_to_the_millisecond_and_has_one_text() {
        let organization = "org_01KAGR3V0R0000000000000000".parse().unwrap();
        let day = |text: &str| OrganizationDay::at(organization, text.parse().unwrap()).to_string();
        assert_eq!(day("2026-11-21T23:59:59.999Z"), "org_01KAGR3V0R0000000000000000@2026-11-21");
        assert_eq!(day("2026-11-22T00:00:00.000Z"), "org_01KAGR3V0R0000000000000000@2026-11-22");
        let text = "org_01KAGR3V0R0000000000000000@2026-11-22";
        assert_eq!(text.parse::<OrganizationDay>().unwrap().to_string(), text);
        for other in
            ["org_01KAGR3V0R0000000000000000", "org_01KAGR3V0R0000000000000000@2026-11-31", "x@2026-11-22", "@"]
        {
            assert!(other.parse::<OrganizationDay>().is_err(), "{other}");
        }
    }
}
