//! Services of AWS of which one call is made: signed by hand, since the SDK of each would take minutes to build.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use ::http::{Request, header};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde::Deserialize;
use serde_json::json;
use shared::clock::Timestamp;
use shared::config::{ConfigError, Reader, Variables};

use crate::http::Http;

/// How long Secrets Manager may take for an answer, which takes some ten milliseconds within a region.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often it is asked at most.
const ATTEMPTS: u32 = 3;
/// The wait before it is asked again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// Signs a request to a service (Signature Version 4), with all the headers that it has. None if it cannot be signed.
pub(crate) fn signed(
    mut request: Request<Vec<u8>>,
    service: &str,
    region: &str,
    credentials: &Credentials,
    now: Timestamp,
) -> Option<Request<Vec<u8>>> {
    let identity = credentials.clone().into();
    let now_ms = u64::try_from(now.as_milliseconds()).ok()?;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(UNIX_EPOCH.checked_add(Duration::from_millis(now_ms))?)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let (method, url) = (request.method().to_string(), request.uri().to_string());
    let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable = SignableRequest::new(&method, url.as_str(), headers, SignableBody::Bytes(request.body())).ok()?;
    let (instructions, _) = sign(signable, &params).ok()?.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Some(request)
}

/// AWS Secrets Manager, which holds a function's secrets as a JSON object of variables.
#[derive(Clone, Debug)]
pub struct SecretsManager {
    url: String,
    region: String,
    credentials: Credentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    secret_string: String,
}

impl SecretsManager {
    /// Reads what every AWS SDK reads, and `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    ///
    /// # Errors
    /// When variables are missing; all of them are named.
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let region = reader.required("AWS_REGION");
        let (key, secret) = (reader.required("AWS_ACCESS_KEY_ID"), reader.required("AWS_SECRET_ACCESS_KEY"));
        let session = reader.optional("AWS_SESSION_TOKEN");
        let url = reader.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER");
        let url = url.unwrap_or_else(|| format!("https://secretsmanager.{region}.amazonaws.com"));
        let credentials = Credentials::new(key, secret, session, None, "environment");
        reader.finish(Self { url: url.trim_end_matches('/').to_owned(), region, credentials })
    }

    /// The variables that the secret `id` (its name or its ARN) holds.
    ///
    /// # Errors
    /// When it cannot be had; the reason quotes nothing of it.
    pub async fn variables(&self, http: &Http, id: &str) -> Result<BTreeMap<String, String>, String> {
        let mut attempt = 1;
        loop {
            match self.ask(http, id).await {
                Ok(text) => return serde_json::from_str(&text).map_err(|_| "it is no JSON object of texts".to_owned()),
                Err(reason) if attempt >= ATTEMPTS => return Err(reason),
                Err(_) => http.clock().sleep(PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1))).await,
            }
            attempt = attempt.saturating_add(1);
        }
    }

    async fn ask(&self, http: &Http, id: &str) -> Result<String, String> {
        let request = Request::post(&self.url)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", "secretsmanager.GetSecretValue")
            .body(json!({ "SecretId": id }).to_string().into_bytes())
            .map_err(|error| error.to_string())?;
        let now = http.clock().now();
        let request = signed(request, "secretsmanager", &self.region, &self.credentials, now);
        let answer = http.send(request.ok_or("the request cannot be signed")?, TIMEOUT).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("Secrets Manager answered with {}", answer.status().as_u16()));
        }
        let answer = serde_json::from_slice::<Answer>(answer.body());
        answer.map(|answer| answer.secret_string).map_err(|_| "the answer holds no text".to_owned())
    }
}
