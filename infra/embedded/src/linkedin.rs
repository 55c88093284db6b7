//! Sign-in with LinkedIn in LinkedIn's place: the page where people agree, the exchange of codes, who they are, and the keys.
//!
//! The code that signs people in makes its requests as it does to LinkedIn; only the bytes travel no further than this process. What it
//! answers, refusals among it, has LinkedIn's form as far as it is known from outside: a bad code is an `invalid_request`, and a nonce does
//! not come back.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::http::{Response, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value, json};

/// The RSA key that signs here, in PKCS #1. It stands in the repository and is good for nothing else.
const KEY: &[u8] = include_bytes!("linkedin/sandbox_key.der");
/// Its name.
const KEY_ID: &str = "sandbox";

/// Somebody who has an account at LinkedIn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedInMember {
    /// LinkedIn's name for them.
    pub subject: String,
    /// Their name, if they told one.
    pub name: Option<String>,
    /// Their e-mail address, if they let it be told.
    pub email: Option<String>,
    /// Whether LinkedIn knows that it is theirs.
    pub email_verified: bool,
}

/// What is wrong with LinkedIn today.
#[derive(Clone, Copy, Debug)]
pub enum LinkedInTrouble {
    /// It answers this path's end with this status.
    Status(&'static str, u16),
    /// It answers with what is no JSON.
    Garbage,
    /// It never answers.
    Silence,
    /// It gives no ID token.
    NoIdToken,
    /// Its ID token has a header and claims that were changed before it was signed.
    IdToken(fn(&mut Value, &mut Value)),
    /// Its ID token was changed after it was signed.
    Signature,
}

struct Grant {
    member: LinkedInMember,
    client_id: String,
    redirect_uri: String,
}

#[derive(Default)]
struct State {
    count: u64,
    codes: HashMap<String, Grant>,
    tokens: HashMap<String, LinkedInMember>,
    trouble: Option<LinkedInTrouble>,
    asked: Vec<String>,
}

/// LinkedIn. Clones are the same.
#[derive(Clone)]
pub struct LinkedIn {
    state: Arc<Mutex<State>>,
    now_seconds: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl fmt::Debug for LinkedIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinkedIn").finish_non_exhaustive()
    }
}

impl LinkedIn {
    /// The one application that it knows.
    pub const CLIENT_ID: &'static str = "sandbox";
    /// Its secret.
    pub const CLIENT_SECRET: &'static str = "sandbox-secret";

    /// LinkedIn without a visitor yet. `now_seconds` gives the seconds since 1970 that tokens are stamped with.
    pub fn new(now_seconds: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { state: Arc::default(), now_seconds: Arc::new(now_seconds) }
    }

    /// What connects to it, whatever host it is said to be.
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// Has this trouble from now on, or none.
    pub fn meets(&self, trouble: Option<LinkedInTrouble>) {
        self.state().trouble = trouble;
    }

    /// The addresses that were asked for, but the page where people agree.
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// A person opens the page where they are asked, and agrees: the address to which the page sends them back.
    ///
    /// # Errors
    /// When the page would refuse the request, with why.
    pub fn agree(&self, authorization_url: &str, member: &LinkedInMember) -> Result<String, String> {
        let (_, query) = authorization_url.split_once('?').ok_or("the address has no query")?;
        let query: HashMap<String, String> = serde_urlencoded::from_str(query).map_err(|error| error.to_string())?;
        let parameter = |name: &str| query.get(name).map(String::as_str).ok_or_else(|| format!("{name} is missing"));
        if parameter("response_type")? != "code" {
            return Err("response_type is not code".to_owned());
        }
        if parameter("client_id")? != Self::CLIENT_ID {
            return Err("client_id is of no application".to_owned());
        }
        if !parameter("scope")?.split(' ').any(|scope| scope == "openid") {
            return Err("scope has no openid".to_owned());
        }
        let (state, redirect_uri) = (parameter("state")?, parameter("redirect_uri")?.to_owned());
        let code = {
            let mut known = self.state();
            known.count = known.count.saturating_add(1);
            let code = format!("sandbox-code-{}", known.count);
            let grant = Grant {
                member: member.clone(),
                client_id: Self::CLIENT_ID.to_owned(),
                redirect_uri: redirect_uri.clone(),
            };
            known.codes.insert(code.clone(), grant);
            code
        };
        let answer = serde_urlencoded::to_string([("code", code.as_str()), ("state", state)]);
        Ok(format!("{redirect_uri}?{}", answer.map_err(|error| error.to_string())?))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, url: &str, authorization: &str, body: &[u8]) -> (u16, Value) {
        self.state().asked.push(url.to_owned());
        if let Some(LinkedInTrouble::Status(end, status)) = self.state().trouble
            && url.ends_with(end)
        {
            return (status, json!({"status": status, "message": "the sandbox has trouble"}));
        }
        if url.ends_with("/oauth/v2/accessToken") {
            self.exchange(url, body)
        } else if url.ends_with("/v2/userinfo") {
            let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
            match self.state().tokens.get(token) {
                Some(member) => (200, Value::Object(claims(member))),
                None => (401, json!({"status": 401, "serviceErrorCode": 65600, "message": "Invalid access token"})),
            }
        } else if url.ends_with("/oauth/openid/jwks") {
            (200, json!({"keys": [public_key()]}))
        } else {
            (404, json!({"status": 404, "message": "No virtual resource found"}))
        }
    }

    fn exchange(&self, url: &str, body: &[u8]) -> (u16, Value) {
        let form: HashMap<String, String> = serde_urlencoded::from_bytes(body).unwrap_or_default();
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if field("client_id") != Self::CLIENT_ID || field("client_secret") != Self::CLIENT_SECRET {
            return (401, json!({"error": "invalid_client", "error_description": "Client authentication failed"}));
        }
        if field("grant_type") != "authorization_code" {
            return (400, json!({"error": "unsupported_grant_type"}));
        }
        let mut state = self.state();
        let grant = state.codes.remove(field("code"));
        let grant = grant.filter(|it| it.client_id == field("client_id") && it.redirect_uri == field("redirect_uri"));
        let Some(Grant { member, client_id, .. }) = grant else {
            let description = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization \
                               code. Or authorization code expired. Or external member binding exists";
            return (400, json!({"error": "invalid_request", "error_description": description}));
        };
        state.count = state.count.saturating_add(1);
        let access_token = format!("sandbox-access-token-{}", state.count);
        state.tokens.insert(access_token.clone(), member.clone());
        let issuer = url.strip_suffix("/v2/accessToken").unwrap_or_default();
        let id_token = id_token(&member, issuer, &client_id, (self.now_seconds)(), state.trouble);
        let answer = json!({
            "access_token": access_token,
            "expires_in": 5_184_000,
            "scope": "email,openid,profile",
            "token_type": "Bearer",
            "id_token": id_token,
        });
        (200, answer)
    }
}

/// What LinkedIn tells of a member; what they did not let be told is left out.
fn claims(member: &LinkedInMember) -> Map<String, Value> {
    let names = member.name.as_ref().map(|name| name.split_once(' ').unwrap_or((name, "")));
    let claims = [
        ("sub", json!(member.subject)),
        ("name", json!(member.name)),
        ("given_name", json!(names.map(|(given, _)| given))),
        ("family_name", json!(names.map(|(_, family)| family))),
        ("email", json!(member.email)),
        ("email_verified", json!(member.email.as_ref().map(|_| member.email_verified))),
        ("locale", json!({"country": "US", "language": "en"})),
    ];
    claims.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn id_token(
    member: &LinkedInMember,
    issuer: &str,
    audience: &str,
    now_seconds: i64,
    trouble: Option<LinkedInTrouble>,
) -> Option<String> {
    let mut header = json!({"typ": "JWT", "alg": "RS256", "kid": KEY_ID});
    let mut payload = claims(member);
    let expires_at = now_seconds.saturating_add(3600);
    let more =
        [("iss", json!(issuer)), ("aud", json!(audience)), ("iat", json!(now_seconds)), ("exp", json!(expires_at))];
    payload.extend(more.map(|(name, value)| (name.to_owned(), value)));
    let mut payload = Value::Object(payload);
    match trouble {
        Some(LinkedInTrouble::NoIdToken) => return None,
        Some(LinkedInTrouble::IdToken(change)) => change(&mut header, &mut payload),
        _ => {}
    }
    let signed = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &EncodingKey::from_rsa_der(KEY), Algorithm::RS256);
    let mut signature = signature.ok()?;
    if matches!(trouble, Some(LinkedInTrouble::Signature)) {
        let other = if signature.starts_with('A') { "B" } else { "A" };
        signature.replace_range(..1, other);
    }
    Some(format!("{signed}.{signature}"))
}

fn public_key() -> Value {
    let jwk = Jwk::from_encoding_key(&EncodingKey::from_rsa_der(KEY), Algorithm::RS256).ok().map(|mut jwk| {
        (jwk.common.key_id, jwk.common.public_key_use) = (Some(KEY_ID.to_owned()), Some(PublicKeyUse::Signature));
        jwk
    });
    serde_json::to_value(jwk).unwrap_or_default()
}

impl HttpConnector for LinkedIn {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let trouble = self.state().trouble;
        if matches!(trouble, Some(LinkedInTrouble::Silence)) {
            return HttpConnectorFuture::new(std::future::pending());
        }
        // The whole address, since ID tokens name their issuer by it.
        let uri = request.uri().to_owned();
        let authorization = request.headers().get("authorization").unwrap_or_default().to_owned();
        let (status, document) = self.answer(&uri, &authorization, request.body().bytes().unwrap_or_default());
        let text = match trouble {
            Some(LinkedInTrouble::Garbage) => "<html>".to_owned(),
            _ => document.to_string(),
        };
        let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
        let response = response.body(SdkBody::from(text));
        let response = response.map_err(|error| ConnectorError::other(error.into(), None)).and_then(|response| {
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        });
        HttpConnectorFuture::ready(response)
    }
}
