//! An authenticator.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use shared::clock::Clock;

/// The code that an authenticator shows now (RFC 6238), given the secret as `POST /api/auth/totp/enroll` answers it.
pub fn totp_code(secret: &Value, clock: &Clock) -> String {
    totp_code_at(secret, clock, 0)
}

/// The code that it shows so many steps of 30 seconds from now.
pub fn totp_code_at(secret: &Value, clock: &Clock, steps: i64) -> String {
    let secret = secret.as_str().expect("a secret is a text");
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).expect("a secret is in base 32");
    let step = clock.now().as_seconds() / 30 + steps;
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let word = digest[offset..offset + 4].iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}
