//! Positions in a stream.

use std::fmt;
use std::str::FromStr;

/// What the engine adds to its stored number, so that all have the 21 digits DynamoDB's have at least.
const PUBLIC_OFFSET: u128 = 100_000_000_000_000_000_000;

/// A record's place in its table's stream. Written as 21 digits; later records have greater ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceNumber(i64);

impl SequenceNumber {
    /// Before every record.
    pub const START: Self = Self(0);

    pub(crate) const fn from_stored(stored: i64) -> Self {
        Self(stored)
    }

    pub(crate) const fn stored(self) -> i64 {
        self.0
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", PUBLIC_OFFSET + u128::from(self.0.unsigned_abs()))
    }
}

/// The text is not a sequence number of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a stream's sequence number")]
pub struct NotASequenceNumber;

impl FromStr for SequenceNumber {
    type Err = NotASequenceNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse::<u128>().map_err(|_| NotASequenceNumber)?;
        let stored = number.checked_sub(PUBLIC_OFFSET).ok_or(NotASequenceNumber)?;
        i64::try_from(stored).map(Self).map_err(|_| NotASequenceNumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_their_text_form_and_strangers_do_not() {
        for stored in [0, 1, 1_761_000_000_000_000, i64::MAX] {
            let sequence = SequenceNumber::from_stored(stored);
            assert_eq!(sequence.to_string().len(), 21);
            assert_eq!(sequence.to_string().parse(), Ok(sequence));
        }
        for text in ["", "5", "abc", "999999999999999999999999999999999999999"] {
            assert_eq!(text.parse::<SequenceNumber>(), Err(NotASequenceNumber), "{text}");
        }
    }
}
