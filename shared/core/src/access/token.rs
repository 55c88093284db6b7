//! Access tokens: EdDSA-signed JWTs.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::config::TokenConfig;
use crate::id::{Ids, SessionId, SigningKeyId, UserId};
use crate::model::signing_key::{SigningKey, VerifyingKey};
use crate::problem::Problem;

/// How far a clock may run ahead of ours before its tokens are refused as not yet valid.
const SKEW: Duration = Duration::from_secs(30);

/// What kind of token it is (RFC 9068): no other that might one day be signed with the same keys is taken for an access token.
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The header of an access token, and all that may be in it: there is nothing for `jwk`, `jku`, `x5u` or `crit` to say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenHeader {
    typ: String,
    alg: String,
    kid: SigningKeyId,
}

/// The claims of an access token. `sub`, `userId` and `user_id` are the same: the ancestors' clients read one or another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The account.
    pub sub: UserId,
    /// The account, as SmartStart's clients read it.
    #[serde(rename = "userId")]
    pub user_id_camel: UserId,
    /// The account, as 0Bullshit's clients read it.
    pub user_id: UserId,
    /// The account's address when the token was made.
    pub email: String,
    /// The session, which every function checks to be alive.
    pub sid: SessionId,
    /// Which of the session's generations of tokens it is of: presenting credentials again begins another, and ends the one before.
    #[serde(rename = "gen", default)]
    pub generation: u32,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// From when it holds, in seconds.
    pub nbf: i64,
    /// Until when it holds, in seconds.
    pub exp: i64,
}

/// A signed access token and its lifetime.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The compact JWT.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: u64,
}

/// Makes and checks access tokens for one issuer and audience.
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    config: TokenConfig,
}

/// A key pair made by [`TokenIssuer::new_key`]: the half that signs and the half that everybody may read.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// For the auth function alone.
    pub signing: SigningKey,
    /// For every function and the JWKS.
    pub verifying: VerifyingKey,
}

impl TokenIssuer {
    /// Tokens as this configuration wants them.
    pub const fn new(config: TokenConfig) -> Self {
        Self { config }
    }

    /// A new Ed25519 key pair.
    pub fn new_key(ids: &Ids, now: Timestamp) -> Result<NewKey, Problem> {
        // RFC 8410: a PKCS#8 v1 private key of algorithm 1.3.101.112 is this prefix and the 32-byte seed.
        const PKCS8_ED25519_PREFIX: [u8; 16] =
            [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        let id: SigningKeyId = ids.next();
        let pkcs8 = [PKCS8_ED25519_PREFIX.as_slice(), &ids.secret::<32>()].concat();
        let mut jwk =
            Jwk::from_encoding_key(&EncodingKey::from_ed_der(&pkcs8), Algorithm::EdDSA).map_err(Problem::internal)?;
        jwk.common.key_id = Some(id.to_string());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(NewKey {
            signing: SigningKey { id, pkcs8, created_at: now },
            verifying: VerifyingKey {
                id,
                jwk: serde_json::to_value(jwk).map_err(Problem::internal)?,
                created_at: now,
                retires_at: None,
            },
        })
    }

    /// Signs a token for a session, of this generation of its tokens.
    pub fn issue(
        &self,
        key: &SigningKey,
        user: UserId,
        email: &str,
        (session, generation): (SessionId, u32),
        now: Timestamp,
    ) -> Result<AccessToken, Problem> {
        let lifetime_seconds = self.config.access_lifetime.as_secs();
        let claims = Claims {
            iss: self.config.issuer.clone(),
            aud: self.config.audience.clone(),
            sub: user,
            user_id_camel: user,
            user_id: user,
            email: email.to_owned(),
            sid: session,
            generation,
            iat: now.as_seconds(),
            nbf: now.as_seconds(),
            exp: now.plus(self.config.access_lifetime).as_seconds(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(ACCESS_TOKEN_TYPE.to_owned());
        header.kid = Some(key.id.to_string());
        let token =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&key.pkcs8)).map_err(Problem::internal)?;
        Ok(AccessToken { token, expires_in: lifetime_seconds })
    }

    /// The key that an access token of ours says it was signed with; `None` if it cannot be one.
    pub fn key_id(token: &str) -> Option<SigningKeyId> {
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
        let header: TokenHeader = serde_json::from_slice(&header).ok()?;
        (header.typ == ACCESS_TOKEN_TYPE && header.alg == "EdDSA").then_some(header.kid)
    }

    /// The public key of a row, if it is what [`Self::new_key`] makes: an Ed25519 key for signatures under the row's own id.
    pub fn decoding_key(key: &VerifyingKey) -> Option<DecodingKey> {
        let jwk: Jwk = serde_json::from_value(key.jwk.clone()).ok()?;
        let AlgorithmParameters::OctetKeyPair(parameters) = &jwk.algorithm else { return None };
        let is_ours = parameters.curve == EllipticCurve::Ed25519
            && jwk.common.key_algorithm == Some(KeyAlgorithm::EdDSA)
            && jwk.common.public_key_use == Some(PublicKeyUse::Signature)
            && jwk.common.key_id == Some(key.id.to_string())
            && URL_SAFE_NO_PAD.decode(&parameters.x).is_ok_and(|point| point.len() == 32);
        if is_ours { DecodingKey::from_jwk(&jwk).ok() } else { None }
    }

    /// The claims of a token whose signature, issuer, audience and times are right; `None` otherwise. Times are checked by our clock.
    pub fn verify(&self, token: &str, key: &DecodingKey, now: Timestamp) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?.claims;
        let now_seconds = now.as_seconds();
        let begun = claims.nbf.max(claims.iat) <= now.plus(SKEW).as_seconds();
        (begun && now_seconds < claims.exp).then_some(claims)
    }
}

#[cfg(test)]
mod tests;
