//! Requests to a router, without a socket.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use shared::http::{ClientAddress, surround};
use shared::services::Services;
use tower::ServiceExt;

use crate::{Caller, confidential};

/// A router with everything around it, as a host serves it.
#[derive(Clone, Debug)]
pub struct TestApp(Router);

impl TestApp {
    /// A function's routes, surrounded as on every host.
    pub fn new(routes: Router, services: &Services) -> Self {
        Self(surround(routes, services))
    }

    /// A router that is surrounded already.
    pub const fn surrounded(router: Router) -> Self {
        Self(router)
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// Any request.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let request = http::Request::builder().method(method).uri(path);
        let request = request.extension(ClientAddress("192.0.2.1".parse().expect("an address")));
        Request { router: self.0.clone(), request, body: Body::empty() }
    }
}

/// A request in the making.
#[derive(Debug)]
pub struct Request {
    router: Router,
    request: http::request::Builder,
    body: Body,
}

impl Request {
    /// By this caller, in their personal organisation.
    #[must_use]
    pub fn by(self, caller: &Caller) -> Self {
        self.bearer(&caller.token)
    }

    /// With this access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        confidential::remember(token);
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// In this organisation.
    #[must_use]
    pub fn organization(self, id: impl ToString) -> Self {
        self.header("x-organization-id", &id.to_string())
    }

    /// From this address instead of the one that every request comes from; `None` where the host does not know it.
    #[must_use]
    pub fn address(mut self, address: Option<IpAddr>) -> Self {
        if let Some(extensions) = self.request.extensions_mut() {
            extensions.remove::<ClientAddress>();
            address.map(|address| extensions.insert(ClientAddress(address)));
        }
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        confidential::remember_in(body);
        self.body("application/json", body.to_string())
    }

    /// With a body of any kind.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Body>) -> Self {
        self.content(body).header("content-type", content_type)
    }

    /// With a body whose kind is told by the headers, if by anything.
    #[must_use]
    pub fn content(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it.
    pub async fn send(self) -> TestResponse {
        let request = self.request.body(self.body).expect("a well-formed request");
        let response = self.router.oneshot(request).await.expect("routers do not fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("bodies of tests do not fail").to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if parts.status.is_success() {
            confidential::remember_in(&json);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        TestResponse { status: parts.status, headers: parts.headers, json, text }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct TestResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null if it is none.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl TestResponse {
    /// The body's JSON, if the status is `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json
    }

    /// The body of a problem with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.json["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.json["status"], status);
        assert!(!self.json["detail"].as_str().unwrap_or_default().is_empty(), "a problem says what to do");
        self.json
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
