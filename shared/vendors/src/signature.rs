//! Signatures of incoming webhooks: HMAC-SHA256 over the bytes as they came, compared in constant time.

use std::fmt;
use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::clock::Timestamp;
use shared::config::{Reader, Variables};

/// How far the time of a signature may be from ours. The past is the tolerance of Stripe's own SDK; that one takes any future, while we let
/// nobody sign for later.
const TOLERANCE: Duration = Duration::from_secs(300);
/// How many signatures of a header are looked at; a vendor sends one for each secret that it knows while one is being replaced.
const SIGNATURES_MAXIMUM: usize = 8;

/// The secrets by which a vendor's webhooks are known: several while one is being replaced.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WebhookSecrets(Vec<String>);

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("WebhookSecrets").field(&self.0.len()).finish()
    }
}

impl<S: Into<String>> FromIterator<S> for WebhookSecrets {
    fn from_iter<I: IntoIterator<Item = S>>(secrets: I) -> Self {
        Self(secrets.into_iter().map(Into::into).filter(|secret: &String| !secret.is_empty()).collect())
    }
}

impl WebhookSecrets {
    /// The secrets in a variable, separated by commas; none where it is not set.
    pub fn read(variables: &Variables, name: &str) -> Self {
        let text = Reader::new(variables).optional(name).unwrap_or_default();
        text.split(',').map(str::trim).collect()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secrets, one by one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Why a webhook is not taken for its vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is not of the vendor's form.
    #[error("the signature header is malformed")]
    Malformed,
    /// The time in it is more than 300 seconds ago, or as far ahead.
    #[error("the signature is of another time")]
    OutOfTime,
    /// None of the signatures is by one of our secrets.
    #[error("no signature is by a known secret")]
    Mismatch,
}

fn code(secret: &str, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    // An empty key would be everybody's.
    let mut code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok().filter(|_| !secret.is_empty())?;
    parts.iter().for_each(|part| code.update(part));
    Some(code)
}

/// The code of these parts in a row, in lower-case hexadecimal; none without a secret.
pub(crate) fn signed(secret: &str, parts: &[&[u8]]) -> Option<String> {
    Some(HEXLOWER.encode(&code(secret, parts)?.finalize().into_bytes()))
}

/// Whether `hexadecimal` (lower case) is the code of these parts.
pub(crate) fn is_signed(secret: &str, parts: &[&[u8]], hexadecimal: &str) -> bool {
    let given = HEXLOWER.decode(hexadecimal.as_bytes());
    given.is_ok_and(|given| code(secret, parts).is_some_and(|code| code.verify_slice(&given).is_ok()))
}

/// Whether two secrets are the same; the time tells nothing of where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// Verifies a header `t=<seconds>,<scheme>=<code>[,…]` over `"<seconds>." + body`, as Stripe and Unipile send it. Other schemes are passed
/// over; one code by one of the secrets is enough.
pub(crate) fn verify_timed(
    secrets: &WebhookSecrets,
    scheme: &str,
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let (mut time, mut codes) = (None, Vec::new());
    for part in header.split(',') {
        match part.split_once('=') {
            Some(("t", value)) => time = Some(value),
            Some((name, value)) if name == scheme && codes.len() < SIGNATURES_MAXIMUM => codes.push(value),
            _ => {}
        }
    }
    let time = time.ok_or(SignatureError::Malformed)?;
    let seconds = time.parse::<i64>().ok().filter(|seconds| *seconds >= 0).ok_or(SignatureError::Malformed)?;
    if codes.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let parts = [time.as_bytes(), b".", body];
    let known = secrets.iter().flat_map(|secret| codes.iter().map(move |code| (secret, code)));
    if !known.fold(false, |found, (secret, code)| found | is_signed(secret, &parts, code)) {
        return Err(SignatureError::Mismatch);
    }
    let signed_at = Timestamp::from_seconds(seconds);
    if signed_at.since(now).max(Timestamp::from_seconds(now.as_seconds()).since(signed_at)) > TOLERANCE {
        return Err(SignatureError::OutOfTime);
    }
    Ok(())
}

/// The header that [`verify_timed`] takes, for those who stand in for a vendor.
pub(crate) fn sign_timed(secret: &str, scheme: &str, body: &[u8], now: Timestamp) -> Option<String> {
    let time = now.as_seconds().to_string();
    let code = signed(secret, &[time.as_bytes(), b".", body])?;
    Some(format!("t={time},{scheme}={code}"))
}
