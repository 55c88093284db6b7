//! Amazon SES v2 (`SendEmail`), signed by hand: the SDK of it would take minutes to build for one operation.

use std::fmt;

use ::http::{Method, Request, Response, header};
use serde::{Deserialize, Serialize};

use super::config::SesAccount;
use super::{ATTEMPTS, Email, EmailError, PAUSE, Receipt, TIMEOUT, code_of, retry_after};
use crate::aws::signed;
use crate::http::Http;

const UTF_8: &str = "UTF-8";

/// Mail by SES.
#[derive(Clone)]
pub(super) struct Ses {
    url: String,
    account: SesAccount,
    http: Http,
}

impl fmt::Debug for Ses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ses").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wire<'a> {
    from_email_address: String,
    destination: Destination<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reply_to_addresses: Vec<&'a str>,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Destination<'a> {
    to_addresses: [&'a str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Content<'a> {
    simple: Simple<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Simple<'a> {
    subject: Part<'a>,
    body: Body<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<Header>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    text: Part<'a>,
    html: Part<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Part<'a> {
    data: &'a str,
    charset: &'static str,
}

impl<'a> Part<'a> {
    const fn new(data: &'a str) -> Self {
        Self { data, charset: UTF_8 }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Taken {
    message_id: String,
}

impl Ses {
    pub(super) fn new(account: SesAccount, http: Http) -> Self {
        Self { url: format!("{}/v2/email/outbound-emails", account.base_url), account, http }
    }

    /// Sends a mail. Only what SES certainly did not take is asked for again.
    pub(super) async fn send(&self, from: &str, email: &Email) -> Result<Receipt, EmailError> {
        let body = Body { text: Part::new(email.text()), html: Part::new(email.html()) };
        let headers = email.headers().into_iter().map(|(name, value)| Header { name, value }).collect();
        let content = Content { simple: Simple { subject: Part::new(email.subject()), body, headers } };
        let wire = Wire {
            from_email_address: email.sender(from),
            destination: Destination { to_addresses: [email.to()] },
            reply_to_addresses: email.reply_to().into_iter().collect(),
            content,
        };
        let body = serde_json::to_vec(&wire).map_err(|_| EmailError::permanent("not_json"))?;
        let mut attempt = 1;
        loop {
            let error = match self.ask(body.clone()).await {
                Ok(receipt) => return Ok(receipt),
                Err(error) => error,
            };
            let EmailError::Transient { retry_after: None, .. } = error else { return Err(error) };
            if attempt >= ATTEMPTS {
                return Err(error);
            }
            self.http.clock().sleep(PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1))).await;
            attempt = attempt.saturating_add(1);
        }
    }

    async fn ask(&self, body: Vec<u8>) -> Result<Receipt, EmailError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|_| EmailError::permanent("not_a_request"))?;
        let now = self.http.clock().now();
        let request = signed(request, "ses", &self.account.region, &self.account.credentials, now);
        let request = request.ok_or_else(|| EmailError::transient("not_signed"))?;
        understood(&self.http.send(request, TIMEOUT).await?)
    }
}

fn understood(answer: &Response<Vec<u8>>) -> Result<Receipt, EmailError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(Receipt { id: serde_json::from_slice::<Taken>(answer.body()).ok().map(|taken| taken.message_id) });
    }
    // `MessageRejected:http://…`: the name stands before the colon.
    let name = answer.headers().get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = code_of(name.and_then(|name| name.split(':').next()), status.as_u16());
    match (status.as_u16(), code.as_str()) {
        (400..500, "MessageRejected" | "BadRequestException") => Err(EmailError::permanent(code)),
        // Too many, or not let in: an account that is paused, a domain that is not verified yet, rights that are missing. That is mended
        // on our side, and then the mail goes.
        (400..500, _) => Err(EmailError::Transient { code, retry_after: retry_after(answer.headers()) }),
        _ => Err(EmailError::uncertain(code)),
    }
}
