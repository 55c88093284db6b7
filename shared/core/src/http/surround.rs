//! What stands around every router, added once by its host: request ids, security headers, CORS, body limits, answers for unknown paths
//! and methods, and paths with a trailing slash.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tower::Layer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Instrument;

use crate::problem::Problem;
use crate::services::Services;
use crate::telemetry::{Measures, Meter, Metric};
use crate::trace::{CORRELATION_ID_HEADER, REQUEST_ID_HEADER, TRACEPARENT_HEADER, Trace};

/// The version of the API that answers, in the header `Api-Version`.
const API_VERSION: HeaderValue = HeaderValue::from_static("1");
/// The largest body an endpoint takes unless it says otherwise.
const BODY_LIMIT_BYTES: usize = 256 * 1024;

/// Where a request came from, as its host knows it: the host puts it into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The part of the address that one customer of a provider has to themselves: a whole IPv4 address, the /64 of an IPv6 one.
    pub fn network(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let prefix = u128::from(address) >> 64;
                format!("{prefix:x}/64")
            }
        }
    }
}

/// A host's router: the functions' routes with everything around them.
pub fn surround(routes: Router, services: &Services) -> Router {
    let inner = routes
        .fallback(async || {
            Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such path; see /api/openapi.json.")
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(cors(services.config.frontend_url.as_deref()))
        .layer(from_fn_with_state(services.clone(), envelope));
    // The path is changed before the router looks at it, so this layer has to stand outside of it.
    Router::new().fallback_service(map_request(without_trailing_slash).layer(inner))
}

async fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    if path.len() > 1 && path.ends_with('/') {
        let bare = path.trim_end_matches('/');
        let bare = if bare.is_empty() { "/" } else { bare };
        let path_and_query = request.uri().query().map_or_else(|| bare.to_owned(), |query| format!("{bare}?{query}"));
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = path_and_query.parse().ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

fn cors(frontend_url: Option<&str>) -> CorsLayer {
    let origin = frontend_url.and_then(|url| HeaderValue::from_str(url).ok());
    let exposed =
        [REQUEST_ID_HEADER, "retry-after", "ratelimit", "ratelimit-policy", "idempotency-replayed", "api-version"];
    let accepted = [
        "authorization",
        "content-type",
        "x-organization-id",
        "idempotency-key",
        REQUEST_ID_HEADER,
        CORRELATION_ID_HEADER,
        TRACEPARENT_HEADER,
    ];
    CorsLayer::new()
        .allow_origin(origin.map_or_else(|| AllowOrigin::list([]), AllowOrigin::exact))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(accepted.map(HeaderName::from_static))
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(Duration::from_secs(600))
}

/// Gives the request its ids, logs it in one line, and dresses the answer.
async fn envelope(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    let trace = Trace::of_request(request.headers(), &services.ids);
    request.extensions_mut().insert(trace);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let Trace { request_id, correlation_id, .. } = trace;
    let request_id = request_id.map(|id| id.to_string()).unwrap_or_default();
    let span = tracing::info_span!("request", request_id, %correlation_id, trace_id = %trace.trace_id());
    let (began, meter) = (services.clock.now(), Arc::new(Meter::default()));
    let mut response = meter.measure(next.run(request)).instrument(span.clone()).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && !is_problem(&response) {
        let allow = response.headers().get(header::ALLOW).cloned();
        let problem =
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not take this method.");
        response =
            allow.into_iter().fold(problem, |problem, allow| problem.with_header(header::ALLOW, allow)).into_response();
    }
    let measures = figures(&response, services.clock.now().since(began), &meter);
    span.in_scope(
        || tracing::info!(%method, path, status = response.status().as_u16(), metrics = %measures, "answered"),
    );
    let headers = response.headers_mut();
    let fixed = [
        (HeaderName::from_static("api-version"), API_VERSION),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains")),
    ];
    headers.extend(fixed);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'"));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(HeaderName::from_static(REQUEST_ID_HEADER), value);
    }
    response
}

/// The figures of a request. A stream is answered when it begins and ends when its reader has enough, so it has no response time.
fn figures(response: &Response, elapsed: Duration, meter: &Meter) -> Measures {
    let measures = Measures::new()
        .with(Metric::Requests, 1)
        .with(Metric::ServerErrors, u64::from(response.status().is_server_error()))
        .with_store(meter);
    match response.body().size_hint().exact() {
        Some(_) => measures.with_time(Metric::ResponseTime, elapsed),
        None => measures,
    }
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE) == Some(&crate::problem::PROBLEM_JSON)
}
