//! S3 in S3's place: one bucket, whose objects are files of a folder, or in memory for tests.
//!
//! It lets in what S3 does: a request that a link allows which was signed beforehand, with exactly the headers that were signed, by somebody
//! whose policy grants it. The signature is computed here from the request as it arrived, and not by the code that made the link. In place
//! of access keys stand the names of the functions that have the roles.

mod objects;
mod signature;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use bytes::Bytes;

use self::objects::{Object, Objects};
use self::signature::Link;
use crate::recording::{Demand, Right};
use crate::template::{Policies, bucket_objects_arn};

/// The secret of every access key here.
const SECRET: &str = "local-secret";

struct State {
    objects: Objects,
    used: BTreeSet<(String, Right)>,
    is_away: bool,
}

struct Inner {
    bucket: String,
    policies: Policies,
    now_ms: Box<dyn Fn() -> i64 + Send + Sync>,
    state: Mutex<State>,
}

/// A bucket. Clones share its objects.
#[derive(Clone)]
pub struct S3(Arc<Inner>);

impl fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3").field("bucket", &self.0.bucket).finish_non_exhaustive()
    }
}

/// Why a request is refused: the status, and S3's name for it.
type Refusal = (StatusCode, &'static str);

const DENIED: Refusal = (StatusCode::FORBIDDEN, "AccessDenied");
const NO_SUCH_KEY: Refusal = (StatusCode::NOT_FOUND, "NoSuchKey");

impl S3 {
    /// Where it is found when nobody says where.
    pub const ENDPOINT: &'static str = "http://files.local";

    /// An empty bucket, kept in memory. `now_ms` gives the milliseconds since 1970 by which links run out.
    pub fn new(bucket: &str, policies: Policies, now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let state = State { objects: Objects::default(), used: BTreeSet::new(), is_away: false };
        let inner = Inner { bucket: bucket.to_owned(), policies, now_ms: Box::new(now_ms), state: Mutex::new(state) };
        Self(Arc::new(inner))
    }

    /// Keeps its objects in a folder from now on.
    pub fn keep_in(&self, folder: PathBuf) {
        self.state().objects = Objects::Folder(folder);
    }

    /// The variables by which a function finds the bucket below `endpoint`, and signs as itself.
    pub fn variables(&self, function: &str, endpoint: &str) -> [(String, String); 5] {
        let variables = [
            ("FILES_BUCKET", self.0.bucket.as_str()),
            ("AWS_REGION", crate::REGION),
            ("AWS_ACCESS_KEY_ID", function),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_ENDPOINT_URL_S3", endpoint),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned()))
    }

    /// The connector by which requests reach it without a socket, whatever host they are sent to.
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// Every right that a function needed so far, whether it had it or not.
    pub fn rights_used(&self) -> BTreeSet<(String, Right)> {
        self.state().used.clone()
    }

    /// The names of all objects.
    pub fn keys(&self) -> Vec<String> {
        self.state().objects.keys()
    }

    /// Answers with errors from now on, or no longer.
    pub fn be_away(&self, is_away: bool) {
        self.state().is_away = is_away;
    }

    /// Answers one request, whose address is the whole one.
    pub fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Response<Bytes> {
        let answer = self.carried_out(method, uri, headers, body);
        let answer = answer.unwrap_or_else(|(status, code)| {
            let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code></Error>");
            let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/xml");
            response.body(Bytes::from(text)).unwrap_or_default()
        });
        // As the bucket's rules for pages of the frontend say.
        with_header(answer, "access-control-allow-origin", "*")
    }

    fn carried_out(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, Refusal> {
        if self.state().is_away {
            return Err((StatusCode::SERVICE_UNAVAILABLE, "SlowDown"));
        }
        if method == Method::OPTIONS {
            let allowed = with_header(Response::default(), "access-control-allow-methods", "GET, PUT");
            return Ok(with_header(allowed, "access-control-allow-headers", "content-type, if-none-match"));
        }
        let (_, key) = uri.path().split_once(&format!("/{}/", self.0.bucket)).ok_or(NO_SUCH_KEY)?;
        let link = Link::read(method, uri, headers, SECRET, (self.0.now_ms)())?;
        self.authorize(&link.access_key, method)?;
        let mut state = self.state();
        match *method {
            Method::PUT => {
                if headers.contains_key(header::IF_NONE_MATCH) && state.objects.get(key).is_some() {
                    return Err((StatusCode::PRECONDITION_FAILED, "PreconditionFailed"));
                }
                let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
                let content_type = content_type.unwrap_or("binary/octet-stream").to_owned();
                state.objects.put(key, Object { content_type, bytes: body }).map_err(|_| INTERNAL)?;
                Ok(Response::default())
            }
            Method::GET => {
                let object = state.objects.get(key).ok_or(NO_SUCH_KEY)?;
                read(object, headers, link.response_disposition.as_deref())
            }
            Method::DELETE => {
                state.objects.remove(key).map_err(|_| INTERNAL)?;
                let mut gone = Response::default();
                *gone.status_mut() = StatusCode::NO_CONTENT;
                Ok(gone)
            }
            _ => Err((StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed")),
        }
    }

    /// Whether whoever signed may do this, by the policy that the template gives them.
    fn authorize(&self, function: &str, method: &Method) -> Result<(), Refusal> {
        let action = match *method {
            Method::PUT => "s3:PutObject",
            Method::DELETE => "s3:DeleteObject",
            _ => "s3:GetObject",
        };
        let right = Right { action: action.to_owned(), resource: bucket_objects_arn(&self.0.bucket) };
        self.state().used.insert((function.to_owned(), right.clone()));
        let policy = self.0.policies.get(function).ok_or((StatusCode::FORBIDDEN, "InvalidAccessKeyId"))?;
        if policy.allows(&Demand { right, leading_keys: None }) {
            return Ok(());
        }
        tracing::error!(function, action, "template.yaml does not allow this");
        Err(DENIED)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const INTERNAL: Refusal = (StatusCode::INTERNAL_SERVER_ERROR, "InternalError");

/// An object, or the part of it that `Range: bytes=0-N` asks for.
fn read(object: Object, headers: &HeaderMap, disposition: Option<&str>) -> Result<Response<Bytes>, Refusal> {
    let Object { content_type, bytes } = object;
    let size = bytes.len();
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let last = range.and_then(|range| range.strip_prefix("bytes=0-")?.parse::<usize>().ok());
    let mut response = match last {
        Some(_) if size == 0 => return Err((StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange")),
        Some(last) => {
            let end = last.saturating_add(1).min(size);
            let range = format!("bytes 0-{}/{size}", end.saturating_sub(1));
            let mut part = with_header(Response::new(bytes.slice(..end)), "content-range", &range);
            *part.status_mut() = StatusCode::PARTIAL_CONTENT;
            part
        }
        None => Response::new(bytes),
    };
    if let Some(disposition) = disposition {
        response = with_header(response, "content-disposition", disposition);
    }
    Ok(with_header(response, "content-type", &content_type))
}

fn with_header(mut response: Response<Bytes>, name: &'static str, value: &str) -> Response<Bytes> {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
    response
}

impl HttpConnector for S3 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let other = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
        let answer = (|| {
            let request = request.try_into_http1x().map_err(|error| other(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
            let answer = self.answer(&parts.method, &parts.uri, &parts.headers, body).map(SdkBody::from);
            HttpResponse::try_from(answer).map_err(|error| other(error.into()))
        })();
        HttpConnectorFuture::ready(answer)
    }
}

#[cfg(test)]
mod tests;
