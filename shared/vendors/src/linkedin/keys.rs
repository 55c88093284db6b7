//! The public keys with which LinkedIn signs, remembered for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;
use shared::clock::Timestamp;

use super::{LinkedInError, read, send};
use crate::http::Http;

/// How long the keys are gone by without asking again.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// How long keys are gone by in any case: a token that names an unknown key makes nobody ask more often.
const PAUSE: Duration = Duration::from_secs(60);
/// The shortest modulus that is taken, in bytes: 2,048 bits (RFC 7518, 3.3).
const MODULUS_BYTES_MINIMUM: usize = 256;

/// The keys by their names, and when they were read.
type Known = Option<(Timestamp, Arc<[(String, DecodingKey)]>)>;

/// LinkedIn's keys; cheap to clone.
#[derive(Clone)]
pub(super) struct Keys {
    http: Http,
    url: String,
    known: Arc<Mutex<Known>>,
}

/// A set of keys (RFC 7517, 5). One that cannot be read leaves the others what they are.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Keys {
    pub(super) fn new(http: Http, url: String) -> Self {
        Self { http, url, known: Arc::default() }
    }

    /// The key of this name.
    pub(super) async fn find(&self, name: &str) -> Result<DecodingKey, LinkedInError> {
        let now = self.http.clock().now();
        let of = |keys: &[(String, DecodingKey)]| keys.iter().find(|(id, _)| id == name).map(|(_, key)| key.clone());
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((read_at, keys)) = known.as_ref() {
                let age = now.since(*read_at);
                match of(keys) {
                    Some(key) if age < FRESH => return Ok(key),
                    None if age < PAUSE => return Err(unknown()),
                    _ => {}
                }
            }
        }
        let keys: Arc<[(String, DecodingKey)]> = self.read().await?.into();
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, keys.clone()));
        of(&keys).ok_or_else(unknown)
    }

    async fn read(&self) -> Result<Vec<(String, DecodingKey)>, LinkedInError> {
        let answer = send(&self.http, Request::get(&self.url), Vec::new()).await?;
        match answer.status() {
            StatusCode::OK => {
                let KeySet { keys } = read(&answer)?;
                Ok(keys.into_iter().filter_map(signing_key).collect())
            }
            status => Err(LinkedInError::Unavailable(format!("status {} for keys", status.as_u16()))),
        }
    }
}

fn unknown() -> LinkedInError {
    LinkedInError::Refused("an ID token is signed with a key that LinkedIn does not publish".to_owned())
}

/// A key and its name, if it is one that signs with RS256.
fn signing_key(key: Value) -> Option<(String, DecodingKey)> {
    let jwk: Jwk = serde_json::from_value(key).ok()?;
    let AlgorithmParameters::RSA(parameters) = &jwk.algorithm else { return None };
    let common = &jwk.common;
    let is_for_this = common.key_algorithm.is_none_or(|algorithm| algorithm == KeyAlgorithm::RS256)
        && common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let modulus = URL_SAFE_NO_PAD.decode(&parameters.n).ok()?;
    if !is_for_this || modulus.len() < MODULUS_BYTES_MINIMUM {
        return None;
    }
    Some((common.key_id.clone()?, DecodingKey::from_jwk(&jwk).ok()?))
}
