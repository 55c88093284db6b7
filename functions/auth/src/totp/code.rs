//! One-time codes by time: RFC 6238 with what every authenticator understands, SHA-1, 6 digits and 30 seconds.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use shared::clock::Timestamp;
use shared::problem::Problem;

/// How long a code lasts.
pub(crate) const STEP_SECONDS: i64 = 30;
/// How many digits a code has.
pub(crate) const DIGITS: u32 = 6;
/// How many steps a device's clock may be off, either way (RFC 6238, 5.2 recommends one).
const SKEW_STEPS: i64 = 1;

/// The time step of the code that is accepted: within the skew, and later than the last one that was. None if the code is wrong, or was
/// used.
pub(crate) fn accepted_step(
    secret: &[u8],
    code: &str,
    now: Timestamp,
    last_step: Option<i64>,
) -> Result<Option<i64>, Problem> {
    let Ok(code) = code.parse::<u32>() else { return Ok(None) };
    let current = now.as_seconds().div_euclid(STEP_SECONDS);
    let mut accepted = None;
    for step in current.saturating_sub(SKEW_STEPS)..=current.saturating_add(SKEW_STEPS) {
        // Each is computed, so that the time does not tell which one was right.
        let is_right = code_at(secret, step)? == code;
        if is_right && accepted.is_none() && last_step.is_none_or(|last| step > last) {
            accepted = Some(step);
        }
    }
    Ok(accepted)
}

/// The code of a time step: HOTP (RFC 4226, 5.3) over its number.
fn code_at(secret: &[u8], step: i64) -> Result<u32, Problem> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).map_err(Problem::internal)?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = digest.last().map_or(0, |byte| usize::from(byte & 0x0f));
    let word = digest.iter().skip(offset).take(4).fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    Ok((word & 0x7fff_ffff) % 10_u32.pow(DIGITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, the rows of SHA-1; its codes have 8 digits, of which ours are the last 6.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in VECTORS {
            let step = seconds / STEP_SECONDS;
            assert_eq!(accepted_step(SECRET, code, at(seconds), None).unwrap(), Some(step), "{seconds}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off() {
        let (seconds, code) = VECTORS[3];
        let step = seconds / STEP_SECONDS;
        for off in [-STEP_SECONDS, 0, STEP_SECONDS] {
            assert_eq!(accepted_step(SECRET, code, at(seconds + off), None).unwrap(), Some(step), "{off}");
        }
        for off in [-2 * STEP_SECONDS, 2 * STEP_SECONDS] {
            assert_eq!(accepted_step(SECRET, code, at(seconds + off), None).unwrap(), None, "{off}");
        }
    }

    #[test]
    fn a_code_is_accepted_once() {
        let (seconds, code) = VECTORS[3];
        let step = seconds / STEP_SECONDS;
        assert_eq!(accepted_step(SECRET, code, at(seconds), Some(step - 1)).unwrap(), Some(step));
        for last in [step, step + 1] {
            assert_eq!(accepted_step(SECRET, code, at(seconds), Some(last)).unwrap(), None);
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "000000", "28708", "-287082", "abcdef"] {
            assert_eq!(accepted_step(SECRET, text, at(59), None).unwrap(), None, "{text}");
        }
    }
}
