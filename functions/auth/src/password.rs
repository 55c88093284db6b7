//! Passwords and their hashes: argon2id with 19 MiB, 2 passes and 1 lane, the least that OWASP's Password Storage Cheat Sheet recommends.
//!
//! A hash takes tens of milliseconds and is computed where it is asked for: a Worker has one thread only. Accounts that come from another
//! system may bring hashes of bcrypt; those are verified, and replaced when their owner signs in.

use argon2::password_hash::Error as HashError;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use shared::id::Ids;
use shared::problem::Problem;

use crate::secret::Secret;

/// A hash of no known password, with the parameters that [`hash`] uses: what an unknown account's password is compared with, so that it
/// takes as long as a known one's.
pub(crate) const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$bm8gcGFzc3dvcmQgaXMga25vd24gdG8gaGFzaCB0aGk";

/// The hash of a password under a new salt, in PHC string form.
pub(crate) fn hash(password: &Secret, ids: &Ids) -> Result<String, Problem> {
    let salt = ids.secret::<16>();
    let hash = argon2id()?.hash_password_with_salt(password.reveal().as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(Problem::internal)
}

/// The greatest cost of a bcrypt hash that is tried: each step doubles the time, and 12 is the most that systems commonly use.
const BCRYPT_COST_MAXIMUM: u32 = 13;

/// Whether `hash` is of this password. The parameters are the hash's own, so that old hashes stay good when ours change.
pub(crate) fn is_right(password: &Secret, hash: &str) -> Result<bool, Problem> {
    if is_bcrypt(hash) {
        return is_right_for_bcrypt(password, hash);
    }
    let hash = PasswordHash::new(hash).map_err(Problem::internal)?;
    match argon2id()?.verify_password(password.reveal().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// Whether a hash is to be replaced by one of ours as soon as the password is known again: it is of bcrypt, or of other parameters.
pub(crate) fn is_outdated(hash: &str) -> Result<bool, Problem> {
    let ours = PasswordHash::new(NOBODYS_HASH).map_err(Problem::internal)?;
    let kept = PasswordHash::new(hash)
        .is_ok_and(|hash| (hash.algorithm, hash.version, &hash.params) == (ours.algorithm, ours.version, &ours.params));
    Ok(!kept)
}

/// bcrypt's own form: `$2b$12$` (or `2a`, `2x`, `2y`) with 22 characters of salt and 31 of hash.
fn is_bcrypt(hash: &str) -> bool {
    hash.starts_with("$2")
}

/// The system that made the hash looked at the first 72 bytes of the password alone, as bcrypt does, so that is what is done here.
fn is_right_for_bcrypt(password: &Secret, hash: &str) -> Result<bool, Problem> {
    let cost = hash.split('$').nth(2).and_then(|cost| cost.parse::<u32>().ok());
    if cost.is_none_or(|cost| cost > BCRYPT_COST_MAXIMUM) {
        return Err(Problem::internal("a bcrypt hash has no cost, or one that would take seconds"));
    }
    bcrypt::verify(password.reveal(), hash).map_err(Problem::internal)
}

fn argon2id() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(Problem::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_hash_takes_as_long_as_a_new_one() {
        let salt = [7; 16];
        let new = argon2id().unwrap().hash_password_with_salt(b"correct horse", &salt).unwrap();
        let nobodys = PasswordHash::new(NOBODYS_HASH).unwrap();
        assert_eq!((nobodys.algorithm, nobodys.version), (new.algorithm, new.version));
        assert_eq!(nobodys.params.to_string(), new.params.to_string());
        assert_eq!(nobodys.hash.map(|hash| hash.len()), new.hash.map(|hash| hash.len()));
        assert_eq!(nobodys.salt.map(|salt| salt.len()), new.salt.map(|salt| salt.len()));
    }

    #[test]
    fn a_hash_is_of_one_password_only() {
        let hash = argon2id().unwrap().hash_password_with_salt(b"correct horse", &[7; 16]).unwrap().to_string();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let is_right = |password: &str| is_right(&Secret::from(password.to_owned()), &hash).unwrap();
        assert!(is_right("correct horse"));
        assert!(!is_right("Correct horse"));
        assert!(!is_right(""));
    }

    #[test]
    fn a_corrupt_hash_is_our_fault() {
        let costly = "$2b$31$abcdefghijklmnopqrstuuKcxDqGsAeYBGbXAYM7v7yrdxbOwpRMu";
        for hash in ["", "$argon2id$", "$2b$", "$2b$10$short", costly] {
            assert!(is_right(&Secret::from("correct horse".to_owned()), hash).is_err(), "{hash}");
        }
    }

    /// Vectors of the Openwall implementation (crypt_blowfish 1.3, wrapper.c), the last of them with the byte that 2x gets wrong left out.
    #[test]
    fn hashes_of_bcrypt_are_verified() {
        let vectors = [
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
            ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
            ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        ];
        for (password, hash) in vectors {
            assert!(is_right(&Secret::from(password.to_owned()), hash).unwrap(), "{password}");
            assert!(!is_right(&Secret::from(format!("{password}!")), hash).unwrap(), "{password}");
            assert!(is_outdated(hash).unwrap());
        }
    }

    #[test]
    fn only_our_own_parameters_are_up_to_date() {
        assert!(!is_outdated(NOBODYS_HASH).unwrap());
        for other in [NOBODYS_HASH.replace("t=2", "t=3"), NOBODYS_HASH.replace("19456", "12288")] {
            assert!(is_outdated(&other).unwrap(), "{other}");
        }
    }
}
