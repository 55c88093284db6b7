//! Recovery codes: each signs in once in place of an authenticator that was lost.

use data_encoding::BASE32_NOPAD;
use shared::encoding::hexadecimal;
use shared::id::{Ids, UserId};
use shared::problem::Problem;

use crate::secret::Secret;
use crate::server_keys::DerivedKey;

/// How many codes a set has.
const CODES: usize = 10;
/// How many random bytes a code has: 120 bits, which nobody guesses and which need no slow hash (from 112 on, OWASP ASVS 6.5.2).
const CODE_BYTES: usize = 15;

/// New codes and what is stored of them.
pub(crate) fn new_codes(key: &DerivedKey, ids: &Ids, user: UserId) -> Result<(Vec<Secret>, Vec<String>), Problem> {
    let (mut codes, mut hashes) = (Vec::with_capacity(CODES), Vec::with_capacity(CODES));
    for _ in 0..CODES {
        let text = BASE32_NOPAD.encode(&ids.secret::<CODE_BYTES>());
        hashes.push(hash(key, user, &text)?);
        codes.push(Secret::from(grouped(&text)));
    }
    Ok((codes, hashes))
}

/// What is stored of a code as somebody typed it: groups, spaces and small letters make no difference.
pub(crate) fn hash(key: &DerivedKey, user: UserId, code: &str) -> Result<String, Problem> {
    let plain = code.chars().filter(|letter| letter.is_ascii_alphanumeric());
    let plain = plain.map(|letter| letter.to_ascii_uppercase()).collect::<String>();
    Ok(hexadecimal(key.code(&[user.to_string().as_bytes(), b"\n", plain.as_bytes()])?))
}

/// `ABCD-EFGH-IJKL-MNOP-QRST-UVWX`.
fn grouped(text: &str) -> String {
    let mut grouped = String::with_capacity(text.len() + text.len() / 4);
    for (place, letter) in text.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push('-');
        }
        grouped.push(letter);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn codes_are_written_in_groups() {
        assert_eq!(grouped("ABCDEFGHIJKLMNOPQRSTUVWX"), "ABCD-EFGH-IJKL-MNOP-QRST-UVWX");
    }
}
