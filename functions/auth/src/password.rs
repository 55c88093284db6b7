//! Passwords and their hashes: argon2id with 19 MiB, 2 passes and 1 lane, the least that OWASP's Password Storage Cheat Sheet recommends.
//!
//! A hash takes tens of milliseconds and is computed where it is asked for: a Worker has one thread only.

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

/// Whether `hash` is of this password. The parameters are the hash's own, so that old hashes stay good when ours change.
pub(crate) fn is_right(password: &Secret, hash: &str) -> Result<bool, Problem> {
    let hash = PasswordHash::new(hash).map_err(Problem::internal)?;
    match argon2id()?.verify_password(password.reveal().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(error) => Err(Problem::internal(error)),
    }
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
        assert!(is_right(&Secret::from("correct horse".to_owned()), "$argon2id$").is_err());
    }
}
