//! The ways to the sandbox: without a socket for the platform's own client, over HTTP for browsers and other programs.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use axum::response::IntoResponse;
use axum::routing::any;

use crate::api::Call;
use crate::{Sandbox, pages};

impl Sandbox {
    /// The connector by which requests reach the sandbox without a socket, whatever host they are sent to.
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// The API and the pages over HTTP.
    pub fn router(&self) -> Router {
        Router::new().route("/v1/{*path}", any(answer)).merge(pages::routes()).with_state(self.clone())
    }
}

impl HttpConnector for Sandbox {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let other = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
        let answer = (|| {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.bytes().unwrap_or_default();
            let (status, document) = self.respond(&Call {
                method: &parts.method,
                path: parts.uri.path(),
                query: parts.uri.query().unwrap_or_default(),
                headers: &parts.headers,
                body,
            });
            let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
            let response = response.body(SdkBody::from(document.to_string())).map_err(|error| other(error.into()))?;
            HttpResponse::try_from(response).map_err(|error| other(error.into()))
        })();
        HttpConnectorFuture::ready(answer)
    }
}

async fn answer(
    State(sandbox): State<Sandbox>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let query = uri.query().unwrap_or_default();
    let (status, document) =
        sandbox.respond(&Call { method: &method, path: uri.path(), query, headers: &headers, body: &body });
    (status, [("request-id", "req_sandbox")], axum::Json(document))
}
