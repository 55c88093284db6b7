//! `/_local/files`: S3 in S3's place, where the links of files lead. It needs no token: a link is signed.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::routing::any;
use embedded::S3;
use shared::model::file::FILE_BYTES_MAXIMUM;

/// Where it is.
pub(crate) const PATH: &str = "/_local/files";

/// The route of every object.
pub(crate) fn routes(s3: S3) -> Router {
    let limit = usize::try_from(FILE_BYTES_MAXIMUM).unwrap_or(usize::MAX);
    let object = any(answer).layer(DefaultBodyLimit::max(limit)).with_state(s3);
    Router::new().route(&format!("{PATH}/{{*object}}"), object)
}

async fn answer(State(s3): State<S3>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    s3.answer(&method, &uri, &headers, body).map(Body::from)
}
