//! Resend (<https://resend.com/docs/api-reference/emails/send-email>).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ::http::{Method, Request, Response, header};
use serde::{Deserialize, Serialize};

use super::{ATTEMPTS, Email, EmailError, PAUSE, Receipt, TIMEOUT, code_of, retry_after};
use crate::base_url::BaseUrl;
use crate::http::Http;

/// How long Resend knows a key: 24 hours; an hour less, so that nobody counts on the last second.
pub(super) const KEY_KEPT: Duration = Duration::from_secs(23 * 60 * 60);

/// Mail by Resend.
#[derive(Clone)]
pub(super) struct Resend {
    url: String,
    api_key: String,
    http: Http,
}

impl fmt::Debug for Resend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Resend").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    from: String,
    to: [&'a str; 1],
    subject: &'a str,
    text: &'a str,
    html: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, String>,
}

#[derive(Deserialize)]
struct Taken {
    id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    name: Option<String>,
}

impl Resend {
    pub(super) fn new(base_url: &BaseUrl, api_key: String, http: Http) -> Self {
        Self { url: format!("{base_url}/emails"), api_key, http }
    }

    /// Sends a mail, asking again where that helps: under one key it is sent once.
    pub(super) async fn send(&self, from: &str, email: &Email, key: &str) -> Result<Receipt, EmailError> {
        let wire = Wire {
            from: email.sender(from),
            to: [email.to()],
            subject: email.subject(),
            text: email.text(),
            html: email.html(),
            reply_to: email.reply_to(),
            headers: email.headers().into_iter().collect(),
        };
        let body = serde_json::to_vec(&wire).map_err(|_| EmailError::permanent("not_json"))?;
        let mut attempt = 1;
        loop {
            let error = match self.ask(body.clone(), key).await {
                Ok(receipt) => return Ok(receipt),
                Err(error) => error,
            };
            let repeat = match &error {
                EmailError::Uncertain { .. } => true,
                EmailError::Transient { retry_after, .. } => retry_after.is_none_or(|pause| pause <= PAUSE * 8),
                EmailError::Permanent { .. } => false,
            };
            if !repeat || attempt >= ATTEMPTS {
                return Err(error);
            }
            self.http.clock().sleep(PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1))).await;
            attempt = attempt.saturating_add(1);
        }
    }

    async fn ask(&self, body: Vec<u8>, key: &str) -> Result<Receipt, EmailError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.api_key))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "groundwork")
            .header("idempotency-key", key)
            .body(body)
            .map_err(|_| EmailError::permanent("not_a_request"))?;
        understood(&self.http.send(request, TIMEOUT).await?)
    }
}

fn understood(answer: &Response<Vec<u8>>) -> Result<Receipt, EmailError> {
    let status = answer.status();
    if status.is_success() {
        // What was taken was taken, whatever the answer looks like.
        return Ok(Receipt { id: serde_json::from_slice::<Taken>(answer.body()).ok().map(|taken| taken.id) });
    }
    let refusal = serde_json::from_slice::<Refusal>(answer.body()).unwrap_or_default();
    let code = code_of(refusal.name.as_deref(), status.as_u16());
    match (status.as_u16(), code.as_str()) {
        // A mail went out under this key that read otherwise: a name in it changed since. It is sent.
        (_, "invalid_idempotent_request") => Ok(Receipt { id: None }),
        // Another attempt under this key is under way, or we are too many or not let in: a key that is mended lets the mail go.
        (409, _) | (429, _) | (401 | 403, _) => {
            Err(EmailError::Transient { code, retry_after: retry_after(answer.headers()) })
        }
        (400..500, _) => Err(EmailError::permanent(code)),
        _ => Err(EmailError::uncertain(code)),
    }
}
