//! Requests and responses between JavaScript and the router.

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, Method, Uri};
use http_body_util::BodyExt;
use shared::http::ClientAddress;
use shared::problem::Problem;
use worker::ResponseBuilder;

use crate::headers;

/// A Worker's request as the router takes it. The body stays a stream, so that the router's own limit decides how much of it is read.
pub(crate) fn to_router(request: &worker::Request) -> Result<Request, Problem> {
    let javascript = request.inner();
    let method = Method::from_bytes(javascript.method().as_bytes())
        .map_err(|_| Problem::malformed("method", "no HTTP method"))?;
    let uri =
        javascript.url().parse::<Uri>().map_err(|_| Problem::malformed("url", "no URL that this service can read"))?;
    let mut converted =
        Request::new(javascript.body().map_or_else(Body::empty, |body| Body::new(worker::Body::new(body))));
    *converted.method_mut() = method;
    *converted.uri_mut() = uri;
    *converted.headers_mut() = headers::from_javascript(request.headers());
    if let Some(address) = client_address(converted.headers()) {
        converted.extensions_mut().insert(address);
    }
    Ok(converted)
}

/// Cloudflare sets this header itself and drops what a caller sends under its name.
fn client_address(headers: &HeaderMap) -> Option<ClientAddress> {
    let address = headers.get("cf-connecting-ip")?.to_str().ok()?.parse().ok()?;
    Some(ClientAddress(address))
}

/// The router's response as a Worker's. A body of known length is handed over whole, a stream as a stream.
pub(crate) async fn from_router(response: Response) -> worker::Result<worker::Response> {
    use axum::body::HttpBody;

    let (parts, body) = response.into_parts();
    if body.size_hint().exact().is_none() {
        return http::Response::from_parts(parts, body).try_into();
    }
    let builder =
        ResponseBuilder::new().with_status(parts.status.as_u16()).with_headers(headers::to_javascript(&parts.headers)?);
    let bytes = body.collect().await.map_err(|error| worker::Error::RustError(error.to_string()))?.to_bytes();
    // JavaScript refuses a body, even one of no bytes, with statuses that have none.
    Ok(if bytes.is_empty() { builder.empty() } else { builder.fixed(bytes.into()) })
}
