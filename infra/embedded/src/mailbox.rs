//! A mailbox that takes every mail, in the place of the vendors that send them: Resend and Amazon SES, in the form in which each is asked.
//!
//! The code that sends mail makes its requests as it does to the vendors; only the bytes travel no further than this process. The last
//! mails are kept in memory, for people and tests to look at.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use axum::routing::any;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many mails are kept.
const KEPT: usize = 500;

/// A mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedMail {
    /// The name under which the mailbox took it.
    pub id: String,
    /// When, in milliseconds since 1970.
    pub received_at_ms: i64,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// What about.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// For the others.
    pub html: String,
    /// Where answers go, if not to whom it is from.
    pub reply_to: Option<String>,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The key that it came with, if it came with one.
    pub idempotency_key: Option<String>,
}

#[derive(Default)]
struct Kept {
    mails: VecDeque<ReceivedMail>,
    /// What came under which key: the body, and the name that it was given.
    keys: HashMap<String, (Vec<u8>, String)>,
    count: u64,
}

/// The mailbox. Clones share it.
#[derive(Clone)]
pub struct Mailbox {
    kept: Arc<Mutex<Kept>>,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mailbox").field("mails", &self.kept().mails.len()).finish_non_exhaustive()
    }
}

/// Resend's form of a mail.
#[derive(Deserialize)]
struct ResendMail {
    from: String,
    to: Vec<String>,
    subject: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    html: String,
    #[serde(default)]
    reply_to: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// A header in SES's form.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SesHeader {
    name: String,
    value: String,
}

impl Mailbox {
    /// An empty mailbox. `now_ms` gives the milliseconds since 1970 that mails are stamped with.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { kept: Arc::default(), now_ms: Arc::new(now_ms) }
    }

    /// The mails, the newest first.
    pub fn mails(&self) -> Vec<ReceivedMail> {
        self.kept().mails.iter().rev().cloned().collect()
    }

    /// The mails to this address, the newest first.
    pub fn mails_to(&self, address: &str) -> Vec<ReceivedMail> {
        let is_to = |mail: &ReceivedMail| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address));
        self.mails().into_iter().filter(is_to).collect()
    }

    /// The connector by which mail reaches this mailbox without a socket, whatever host it is sent to.
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// The mailbox over HTTP, for processes outside.
    pub fn router(&self) -> Router {
        Router::new().fallback(any(answer)).with_state(self.clone())
    }

    /// Answers one request as the vendor does whose path it has.
    pub fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Value) {
        match (method, path) {
            (&Method::POST, "/emails") => self.resend(headers, body),
            (&Method::POST, "/v2/email/outbound-emails") => self.ses(headers, body),
            _ => (
                StatusCode::NOT_FOUND,
                json!({"statusCode": 404, "name": "not_found", "message": "There is no such path"}),
            ),
        }
    }

    fn resend(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Value) {
        let refusal = |status: StatusCode, name: &str| {
            (status, json!({"statusCode": status.as_u16(), "name": name, "message": "refused by the mailbox"}))
        };
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if !text(header::AUTHORIZATION)
            .is_some_and(|value| value.len() > "Bearer ".len() && value.starts_with("Bearer "))
        {
            return refusal(StatusCode::UNAUTHORIZED, "missing_api_key");
        }
        let Ok(mail) = serde_json::from_slice::<ResendMail>(body) else {
            return refusal(StatusCode::UNPROCESSABLE_ENTITY, "validation_error");
        };
        let key = text(header::HeaderName::from_static("idempotency-key")).map(str::to_owned);
        let mut kept = self.kept();
        if let Some((known, id)) = key.as_ref().and_then(|key| kept.keys.get(key)) {
            return if known == body {
                (StatusCode::OK, json!({ "id": id }))
            } else {
                refusal(StatusCode::CONFLICT, "invalid_idempotent_request")
            };
        }
        let ResendMail { from, to, subject, text, html, reply_to, headers } = mail;
        let mail =
            ReceivedMail { from, to, subject, text, html, reply_to, headers, idempotency_key: key, ..self.blank() };
        let id = kept.take(mail, body);
        (StatusCode::OK, json!({ "id": id }))
    }

    fn ses(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Value) {
        let signed = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if !signed.is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 ") && value.contains("/ses/aws4_request")) {
            return (StatusCode::FORBIDDEN, json!({"message": "Missing Authentication Token"}));
        }
        let document = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let part = |path: &str| document.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let to = document.pointer("/Destination/ToAddresses").and_then(Value::as_array);
        let to = to.map(|list| list.iter().filter_map(|to| to.as_str().map(str::to_owned)).collect::<Vec<_>>());
        let (Some(from), Some(to), Some(subject)) =
            (part("/FromEmailAddress"), to.filter(|to| !to.is_empty()), part("/Content/Simple/Subject/Data"))
        else {
            return (StatusCode::BAD_REQUEST, json!({"message": "the mail has no sender, no recipient or no subject"}));
        };
        let text = part("/Content/Simple/Body/Text/Data").unwrap_or_default();
        let html = part("/Content/Simple/Body/Html/Data").unwrap_or_default();
        let reply_to = part("/ReplyToAddresses/0");
        let headers = document.pointer("/Content/Simple/Headers").cloned();
        let headers = headers.map(serde_json::from_value::<Vec<SesHeader>>).transpose();
        let Ok(headers) = headers else {
            return (StatusCode::BAD_REQUEST, json!({"message": "a header has no name or no value"}));
        };
        let headers = headers.unwrap_or_default().into_iter().map(|SesHeader { name, value }| (name, value)).collect();
        let mail = ReceivedMail { from, to, subject, text, html, reply_to, headers, ..self.blank() };
        let id = self.kept().take(mail, body);
        (StatusCode::OK, json!({ "MessageId": id }))
    }

    fn blank(&self) -> ReceivedMail {
        ReceivedMail {
            id: String::new(),
            received_at_ms: (self.now_ms)(),
            from: String::new(),
            to: Vec::new(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            reply_to: None,
            headers: BTreeMap::new(),
            idempotency_key: None,
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Keeps a mail; the name that it gets.
    fn take(&mut self, mail: ReceivedMail, body: &[u8]) -> String {
        self.count = self.count.saturating_add(1);
        let id = format!("local-{}", self.count);
        if let Some(key) = &mail.idempotency_key {
            self.keys.insert(key.clone(), (body.to_vec(), id.clone()));
        }
        if self.mails.len() >= KEPT
            && let Some(key) = self.mails.pop_front().and_then(|oldest| oldest.idempotency_key)
        {
            self.keys.remove(&key);
        }
        self.mails.push_back(ReceivedMail { id: id.clone(), ..mail });
        id
    }
}

impl HttpConnector for Mailbox {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer =
            request.try_into_http1x().map_err(|error| ConnectorError::user(error.into())).and_then(|request| {
                let (parts, body) = request.into_parts();
                let body = body.bytes().unwrap_or_default();
                let (status, document) = self.answer(&parts.method, parts.uri.path(), &parts.headers, body);
                let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
                let response = response.body(SdkBody::from(document.to_string()));
                let response = response.map_err(|error| ConnectorError::other(error.into(), None))?;
                HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
            });
        HttpConnectorFuture::ready(answer)
    }
}

async fn answer(
    State(mailbox): State<Mailbox>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let (status, document) = mailbox.answer(&method, uri.path(), &headers, &body);
    axum::response::IntoResponse::into_response((status, axum::Json(document)))
}
