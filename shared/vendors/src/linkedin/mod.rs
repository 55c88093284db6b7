//! Sign-in with LinkedIn: OAuth 2.0's authorization code flow with OpenID Connect, as LinkedIn speaks it.
//!
//! A person is sent to LinkedIn with a `state`, agrees, and comes back to a page of ours with the state and a code. The code is exchanged
//! for an access token, which is asked who the person is and is not kept; an ID token that comes with it is verified and must be about the
//! same person. LinkedIn refuses PKCE where an application is not set up for it, so that what ties the two ends of the flow together is
//! the state, which whoever makes it binds to the browser that began. It is sent a nonce, which it is not known to give back; one that
//! comes back must be ours.
//!
//! Sources: LinkedIn's "Sign In with LinkedIn using OpenID Connect" and "Authorization Code Flow", and its discovery document for the
//! paths. None of them says that a request may be repeated, and a code is good once: nothing is.

mod id_token;
mod keys;
pub mod webhook;

use std::fmt;
use std::time::Duration;

use ::http::{Request, Response, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::config::{ConfigError, Reader, Variables};

use crate::base_url::BaseUrl;
use crate::http::{Http, HttpError};
use id_token::Expected;
use keys::Keys;

/// Where LinkedIn is: its pages and what is beside them.
const LINKEDIN_URL: &str = "https://www.linkedin.com";
/// Where its API is.
const API_URL: &str = "https://api.linkedin.com";

/// What is asked of the person: who they are, their name, their address.
const SCOPE: &str = "openid profile email";

/// How long each request may take; a sign-in makes three at most, the keys' seldom, and is answered within 15 seconds.
const TIMEOUT: Duration = Duration::from_secs(4);

/// The longest `sub` there may be, in characters of ASCII (OpenID Connect Core 1.0, 2).
const SUBJECT_LENGTH_MAXIMUM: usize = 255;

/// Signs people in with LinkedIn; cheap to clone.
#[derive(Clone)]
pub struct LinkedIn {
    http: Http,
    base_url: BaseUrl,
    api_base_url: BaseUrl,
    client_id: String,
    client_secret: String,
    redirect_uri: String,
    keys: Keys,
}

impl fmt::Debug for LinkedIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinkedIn").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Somebody as LinkedIn knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// LinkedIn's name for them to this application, which is never given to somebody else: up to 255 visible characters of ASCII.
    pub subject: String,
    /// Their name, if it was told.
    pub name: Option<String>,
    /// Their e-mail address, if it was told and LinkedIn says that it is theirs. Another one proves nothing, so that it is left out.
    pub verified_email: Option<String>,
}

impl fmt::Debug for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Member")
    }
}

/// Why nobody is known. No reason quotes a code or a token, or what LinkedIn says in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkedInError {
    /// The code is used up, too old, or was given to somebody else.
    #[error("LinkedIn does not take the code")]
    CodeRefused,
    /// LinkedIn does not answer, or in a way in which LinkedIn does not; another sign-in may succeed.
    #[error("LinkedIn does not say who it is: {0}")]
    Unavailable(String),
    /// LinkedIn does not take this application for one of its own, or its answer is not to be trusted.
    #[error("signing in with LinkedIn does not work: {0}")]
    Refused(String),
}

impl From<HttpError> for LinkedInError {
    fn from(error: HttpError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// What comes for a code (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Grant {
    access_token: String,
    #[serde(default)]
    id_token: Option<String>,
}

/// What comes instead (RFC 6749, 5.2).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
}

/// The answer of the userinfo endpoint (OpenID Connect Core 1.0, 5.3.2), as far as it is of use.
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    given_name: Option<String>,
    #[serde(default)]
    family_name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    /// A boolean by the standard; there are providers that write it as a text.
    #[serde(default)]
    email_verified: Value,
}

impl LinkedIn {
    /// What signs in with LinkedIn, if `LINKEDIN_CLIENT_ID` and `LINKEDIN_CLIENT_SECRET` say as which application. `frontend_url` is where
    /// people come back to, at the page `/sign-in/linkedin`, which the application must name at LinkedIn to the letter.
    /// `LINKEDIN_BASE_URL` and `LINKEDIN_API_BASE_URL` are LinkedIn's own addresses where they are not set.
    ///
    /// # Errors
    /// When one of the two is missing, nobody knows where people come back to, or an address is none.
    pub fn read(variables: &Variables, http: Http, frontend_url: Option<&str>) -> Result<Option<Self>, ConfigError> {
        let mut reader = Reader::new(variables);
        let (id, secret) = (reader.optional("LINKEDIN_CLIENT_ID"), reader.optional("LINKEDIN_CLIENT_SECRET"));
        let base_url = reader.parsed("LINKEDIN_BASE_URL", BaseUrl::of_vendor(LINKEDIN_URL));
        let api_base_url = reader.parsed("LINKEDIN_API_BASE_URL", BaseUrl::of_vendor(API_URL));
        let (client_id, client_secret) = match (id, secret) {
            (None, None) => return reader.finish(None),
            (Some(id), Some(secret)) => (id, secret),
            (id, _) => {
                let missing = if id.is_none() { "LINKEDIN_CLIENT_ID" } else { "LINKEDIN_CLIENT_SECRET" };
                reader.fault(format!("{missing} is missing: LinkedIn knows an application by both"));
                <(String, String)>::default()
            }
        };
        if frontend_url.is_none() {
            reader.fault("FRONTEND_URL is missing: people come back from LinkedIn to a page of it");
        }
        let redirect_uri = format!("{}/sign-in/linkedin", frontend_url.unwrap_or_default());
        let keys = Keys::new(http.clone(), format!("{base_url}/oauth/openid/jwks"));
        reader.finish(Some(Self { http, base_url, api_base_url, client_id, client_secret, redirect_uri, keys }))
    }

    /// The page of LinkedIn's to which a person is sent. It comes back with `state`, and with a code if they agree.
    ///
    /// # Errors
    /// When the address cannot be written.
    pub fn authorization_url(&self, state: &str, nonce: &str) -> Result<String, String> {
        let query = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", SCOPE),
            ("state", state),
            ("nonce", nonce),
        ];
        let query = serde_urlencoded::to_string(query).map_err(|error| error.to_string())?;
        Ok(format!("{}/oauth/v2/authorization?{query}", self.base_url))
    }

    /// Who agreed to be known by this code; `nonce` is the one that LinkedIn was sent with them.
    ///
    /// # Errors
    /// When LinkedIn does not say so, or not in a way that can be trusted.
    pub async fn member(&self, code: &str, nonce: &str) -> Result<Member, LinkedInError> {
        let grant = self.exchange(code).await?;
        let user = self.user_info(&grant.access_token).await?;
        if let Some(id_token) = &grant.id_token {
            let issuer = format!("{}/oauth", self.base_url);
            let expected = Expected {
                issuer: &issuer,
                audience: &self.client_id,
                subject: &user.sub,
                nonce,
                now: self.http.clock().now(),
            };
            id_token::verify(id_token, &self.keys, &expected).await?;
        }
        member(user)
    }

    async fn exchange(&self, code: &str) -> Result<Grant, LinkedInError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
            ("redirect_uri", &self.redirect_uri),
        ];
        let form = serde_urlencoded::to_string(form).map_err(|error| LinkedInError::Unavailable(error.to_string()))?;
        let request = Request::post(format!("{}/oauth/v2/accessToken", self.base_url))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = send(&self.http, request, form.into_bytes()).await?;
        match answer.status() {
            StatusCode::OK => read(&answer),
            status @ (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                let Refusal { error } = serde_json::from_slice(answer.body()).unwrap_or_default();
                // A bad code is an `invalid_grant` by the standard, and an `invalid_request` at LinkedIn.
                Err(match error.as_str() {
                    "invalid_grant" | "invalid_request" => LinkedInError::CodeRefused,
                    "invalid_client" | "unauthorized_client" | "invalid_redirect_uri" | "unsupported_grant_type" => {
                        LinkedInError::Refused(error)
                    }
                    _ => LinkedInError::Refused(format!("status {}", status.as_u16())),
                })
            }
            status => Err(LinkedInError::Unavailable(format!("status {} for a code", status.as_u16()))),
        }
    }

    async fn user_info(&self, access_token: &str) -> Result<UserInfo, LinkedInError> {
        let request = Request::get(format!("{}/v2/userinfo", self.api_base_url))
            .header(header::AUTHORIZATION, format!("Bearer {access_token}"));
        let answer = send(&self.http, request, Vec::new()).await?;
        match answer.status() {
            StatusCode::OK => read(&answer),
            status => Err(LinkedInError::Unavailable(format!("status {} for a token", status.as_u16()))),
        }
    }
}

/// Sends a request as all of them are sent.
async fn send(
    http: &Http,
    request: ::http::request::Builder,
    body: Vec<u8>,
) -> Result<Response<Vec<u8>>, LinkedInError> {
    let request = request.header(header::ACCEPT, "application/json").header(header::USER_AGENT, "groundwork");
    // Its `Display` form names no value.
    let request = request.body(body).map_err(|error| LinkedInError::Unavailable(error.to_string()))?;
    Ok(http.send(request, TIMEOUT).await?)
}

fn read<T: DeserializeOwned>(answer: &Response<Vec<u8>>) -> Result<T, LinkedInError> {
    // What is wrong with it is not told: the words of such an error may quote the answer.
    serde_json::from_slice(answer.body()).map_err(|_| LinkedInError::Unavailable("the answer is none".to_owned()))
}

fn member(user: UserInfo) -> Result<Member, LinkedInError> {
    let subject = user.sub;
    if !(1..=SUBJECT_LENGTH_MAXIMUM).contains(&subject.len()) || !subject.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(LinkedInError::Unavailable("the answer has no subject".to_owned()));
    }
    let parts = [user.given_name, user.family_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let is_verified = user.email_verified == Value::Bool(true) || user.email_verified == "true";
    Ok(Member {
        subject,
        name: user.name.or((!parts.is_empty()).then_some(parts)),
        verified_email: user.email.filter(|_| is_verified),
    })
}

#[cfg(test)]
mod tests;
