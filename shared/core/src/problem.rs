//! Errors as callers see them: RFC 9457 `application/problem+json`.
//!
//! A [`Problem`] holds a status, a stable `code` for programs, a sentence for people, and what else helps: the wrong fields, when to try
//! again. The cause stays with us: it is logged once, with the request's id, and never sent.

use std::collections::BTreeMap;
use std::fmt;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::model::user::User;
use crate::store::StoreError;

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Where the value stands: `email`, `items[2].name`; a query parameter or header by its name.
    pub path: String,
    /// What is wrong with it and what would be right.
    pub message: String,
}

impl FieldProblem {
    /// A wrong field at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// An answer that is not a success.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldProblem>,
    token_error: Option<&'static str>,
    extensions: BTreeMap<&'static str, String>,
    retry_after_seconds: Option<u64>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
}

/// The body of a problem, as documented in the OpenAPI document. An operation's description names the members that a problem of its own
/// has beside these (RFC 9457 section 3.2).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// `about:blank`: the status says the kind, `code` says which.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// A stable name of this error, for programs.
    pub code: &'static str,
    /// What happened and what to do, for people.
    pub detail: &'a str,
    /// The wrong fields, all of them where the values are wrong (422), the first where the body could not be read (400).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    pub errors: &'a [FieldProblem],
    /// With 401: `Token missing` or `Token invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<&'static str>,
    /// The members of this problem alone.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extensions: &'a BTreeMap<&'static str, String>,
}

/// The media type of problems.
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";
/// The same as a header's value.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static(PROBLEM_MEDIA_TYPE);

impl Problem {
    /// A problem with a status, a stable code and a sentence for the caller.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            token_error: None,
            extensions: BTreeMap::new(),
            retry_after_seconds: None,
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// 400: the request could not be read; `path` is where reading stopped.
    pub fn malformed(path: impl Into<String>, message: impl Into<String>) -> Self {
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "malformed", "The request could not be read; see `errors`.");
        problem.0.errors = vec![FieldProblem::new(path, message)];
        problem
    }

    /// 422: the request was read, but these values are wrong.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some values are not acceptable; see `errors`.");
        problem.0.errors = errors;
        problem
    }

    /// 401: no token came with the request.
    pub fn token_missing() -> Self {
        Self::unauthenticated(
            "token_missing",
            "Token missing",
            "Sign in and send `Authorization: Bearer <accessToken>`.",
        )
    }

    /// 401: the token is malformed, forged, expired, or its session has ended; which of these is not told.
    pub fn token_invalid() -> Self {
        Self::unauthenticated("token_invalid", "Token invalid", "The access token is not valid; sign in again.")
    }

    /// 401: what was presented instead of an access token (a password, a refresh token) is not right.
    pub fn not_authenticated(code: &'static str, detail: &str) -> Self {
        Self::unauthenticated(code, "Token invalid", detail)
    }

    fn unauthenticated(code: &'static str, token_error: &'static str, detail: &str) -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, code, detail);
        problem.0.token_error = Some(token_error);
        problem.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 402: the plan or what is left of it does not cover this.
    pub fn plan_required(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, code, detail)
    }

    /// 403: the caller is known but their role is too low.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 403: an operator of the platform suspended the caller's account.
    pub fn account_suspended() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "account_suspended",
            "This account is suspended; write to the platform's support if that is a mistake.",
        )
    }

    /// 403: the organisation asks its members for a second factor, which was not presented in the caller's session. `user` is the caller.
    pub fn second_factor_required(user: &User) -> Self {
        let detail = match user.second_factor_since {
            None => {
                "This organisation asks for a second factor: enrol an authenticator at /api/auth/totp/enroll, and confirm it with a code. \
                 This session counts from then on."
            }
            Some(_) => {
                "This organisation asks for a second factor: present a code of your authenticator at /api/auth/step-up, or sign in again."
            }
        };
        Self::new(StatusCode::FORBIDDEN, "second_factor_required", detail)
    }

    /// 404: no such thing, or not the caller's to see; the two are not told apart.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here.")
    }

    /// 409: the state of things stands against it.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 413: the body is larger than this endpoint takes.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// 429: too many requests; try again after that many seconds.
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many attempts; wait and try again.")
            .retry_after(retry_after_seconds)
    }

    /// 503: something the platform needs does not answer; the request may be repeated.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The service is busy; repeat the request shortly.",
        );
        problem.0.cause = Some(cause.to_string());
        problem.retry_after(1)
    }

    /// 500: our own fault; the cause goes to the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side; tell us the request id if it persists.",
        );
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// The same problem with the wrong fields named.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same problem with a member of its own, which the operation's description names.
    #[must_use]
    pub fn with_extension(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.extensions.insert(name, value.to_string());
        self
    }

    /// The same problem with a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// The same problem with another header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What went wrong inside, for the log only.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.0.status.as_u16(), self.0.code, self.0.detail)?;
        self.0.cause.as_deref().map_or(Ok(()), |cause| write!(formatter, " ({cause})"))
    }
}

impl std::error::Error for Problem {}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::unavailable(error),
            StoreError::Corrupt(_) | StoreError::Refused(_) => Self::internal(error),
            StoreError::Contended => {
                Self::conflict("conflict", "Others changed the same thing at once; repeat the request.")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Inner { status, code, detail, errors, token_error, extensions, retry_after_seconds, headers, cause } =
            *self.0;
        if status.is_server_error() {
            tracing::error!(
                status = status.as_u16(),
                code,
                cause = cause.as_deref().unwrap_or_default(),
                "request failed"
            );
        }
        let body = ProblemBody {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: &detail,
            errors: &errors,
            error: token_error,
            extensions: &extensions,
        };
        let mut response = (status, Json(&body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
        response.headers_mut().extend(headers);
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
