//! ID tokens: what LinkedIn says of a sign-in, signed (OpenID Connect Core 1.0, 3.1.3.7).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use shared::clock::Timestamp;

use super::LinkedInError;
use super::keys::Keys;

/// How far LinkedIn's clock may be from ours.
const SKEW: Duration = Duration::from_secs(60);

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    /// Whom the access token beside it is of (5.3.2).
    pub(super) subject: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
}

/// The parts of a header that decide.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    /// Extensions that must be understood (RFC 7515, 4.1.11), of which there are none.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

/// The claims that decide. Issuer and audience are compared where the signature is verified.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    iat: i64,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
}

/// Whether a token is LinkedIn's, for this application, about this sign-in, and of now.
pub(super) async fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<(), LinkedInError> {
    let header = header(token).ok_or_else(|| refused("it is no token"))?;
    if header.alg != "RS256" || header.crit.is_some() {
        return Err(refused("it is signed in another way"));
    }
    let key = keys.find(&header.kid).await?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Times are compared below, by the platform's clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.audience]);
    let decoded = jsonwebtoken::decode::<Claims>(token, &key, &validation);
    let claims = decoded.map_err(|_| refused("its signature, issuer or audience is wrong"))?.claims;
    judge(&claims, expected).map_err(refused)
}

fn judge(claims: &Claims, expected: &Expected<'_>) -> Result<(), &'static str> {
    if claims.sub != expected.subject {
        return Err("it is about somebody else");
    }
    if claims.azp.as_deref().is_some_and(|party| party != expected.audience) {
        return Err("it is for another application");
    }
    if claims.nonce.as_deref().is_some_and(|nonce| nonce != expected.nonce) {
        return Err("it is of another sign-in");
    }
    let (earliest, latest) = (expected.now.minus(SKEW).as_seconds(), expected.now.plus(SKEW).as_seconds());
    if claims.exp <= earliest || claims.iat > latest {
        return Err("it is of another time");
    }
    Ok(())
}

fn header(token: &str) -> Option<Header> {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    serde_json::from_slice(&header).ok()
}

fn refused(reason: &str) -> LinkedInError {
    LinkedInError::Refused(format!("an ID token is refused: {reason}"))
}
