//! One request to Stripe with its repeats.

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Method, Request, Response, header};
use serde::de::DeserializeOwned;
use shared::id::Ids;

use super::form::Form;
use super::{API_VERSION, StripeConfig, StripeError};
use crate::http::{Http, HttpError};

/// How long one attempt may take. Stripe answers within one or two seconds, also where a bank is asked.
const TIMEOUT: Duration = Duration::from_secs(12);
/// How often a request is made at most: Stripe's SDK repeats it twice.
const ATTEMPTS: u32 = 3;
/// The wait before the first repeat; it doubles, and is the least there is.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest wait before a repeat.
const PAUSE_MAXIMUM: Duration = Duration::from_secs(5);

/// Asks Stripe; cheap to clone.
#[derive(Clone, Debug)]
pub struct Stripe {
    config: Arc<StripeConfig>,
    http: Http,
    ids: Ids,
}

impl Stripe {
    /// What asks Stripe as configured; `ids` is where the waits get their jitter from.
    pub fn new(config: StripeConfig, http: Http, ids: Ids) -> Self {
        Self { config: Arc::new(config), http, ids }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &Form) -> Result<T, StripeError> {
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.encode()) };
        self.send(Method::GET, &path, String::new(), None).await
    }

    /// `key` names what is being done: the same key does it once, for at least 24 hours.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, form: &Form, key: &str) -> Result<T, StripeError> {
        self.send(Method::POST, path, form.encode(), Some(key)).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: String,
        key: Option<&str>,
    ) -> Result<T, StripeError> {
        let mut attempt = 1;
        loop {
            let answer = self.http.send(self.request(&method, path, &body, key)?, TIMEOUT).await;
            if attempt < ATTEMPTS && is_to_be_repeated(&answer) {
                self.http.clock().sleep(self.pause(attempt)).await;
                attempt = attempt.saturating_add(1);
                continue;
            }
            let answer = answer?;
            if !answer.status().is_success() {
                return Err(StripeError::of(&answer));
            }
            return serde_json::from_slice(answer.body()).map_err(|error| unreadable(&error));
        }
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        body: &str,
        key: Option<&str>,
    ) -> Result<Request<Vec<u8>>, StripeError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.config.base_url))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.config.secret_key))
            .header(header::USER_AGENT, "groundwork")
            .header("stripe-version", API_VERSION);
        let request = match key {
            Some(key) => {
                request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").header("idempotency-key", key)
            }
            None => request,
        };
        let refused = |_| StripeError::Refused { status: 0, code: "not_a_request".to_owned() };
        request.body(body.as_bytes().to_vec()).map_err(refused)
    }

    /// The wait before the repeat after this attempt: half of what doubles, and up to as much again by chance.
    fn pause(&self, attempt: u32) -> Duration {
        let full = PAUSE.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(PAUSE_MAXIMUM);
        let half_ms = u64::try_from(full.as_millis()).unwrap_or(u64::MAX) / 2;
        let jitter = Duration::from_millis(self.ids.below(half_ms.saturating_add(1)));
        Duration::from_millis(half_ms).saturating_add(jitter).max(PAUSE)
    }
}

/// What Stripe's SDK repeats: what Stripe says, else lost answers, conflicts and faults; not 429, which is for the caller to wait for.
fn is_to_be_repeated(answer: &Result<Response<Vec<u8>>, HttpError>) -> bool {
    let Ok(answer) = answer else { return true };
    match should_retry(answer.headers()) {
        Some(said) => said,
        None => answer.status() == ::http::StatusCode::CONFLICT || answer.status().is_server_error(),
    }
}

fn should_retry(headers: &HeaderMap) -> Option<bool> {
    headers.get("stripe-should-retry")?.to_str().ok()?.parse().ok()
}

/// The place where reading stopped; the error itself could quote the answer.
fn unreadable(error: &serde_json::Error) -> StripeError {
    let reason = format!("{:?} at column {}", error.classify(), error.column());
    StripeError::Unreadable { reason }
}
