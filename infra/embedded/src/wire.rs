//! The AWS JSON protocol that DynamoDB and SQS share: a request is an operation's name and a JSON body, nothing else matters here.
//!
//! [`WireConnector`] serves the SDK inside the process; [`aws_router`] serves Lambda binaries, workerd and the AWS CLI over loopback.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::Future;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};

use crate::dynamodb::EmbeddedDynamoDb;
use crate::recording::Scope;
use crate::sqs::EmbeddedSqs;

/// The header that names service, version and operation: `DynamoDB_20120810.PutItem`.
pub const TARGET_HEADER: &str = "x-amz-target";

/// The header by which an SDK finds the typed error of a service that once spoke the query protocol (SQS did).
pub const QUERY_ERROR_HEADER: &str = "x-amzn-query-error";

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The largest request of either service: DynamoDB takes 16 MB.
const MAX_REQUEST_BYTES: usize = 17 * 1024 * 1024;

/// How far an answer travels; services that inject faults break it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Travel {
    /// All the way.
    Whole,
    /// The connection breaks after the status and this many bytes of the body.
    CutAfter(usize),
    /// The connection breaks before anything of it.
    Lost,
}

/// An answer as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// The value of [`QUERY_ERROR_HEADER`], on errors of SQS.
    pub query_error: Option<String>,
    /// A JSON document.
    pub body: Bytes,
    /// How far it travels.
    pub travel: Travel,
}

impl WireResponse {
    /// A success with this JSON document.
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self { status: 200, query_error: None, body: body.into(), travel: Travel::Whole }
    }

    /// A failure with this JSON document, whose `__type` names the error.
    pub fn error(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, query_error: None, body: body.into(), travel: Travel::Whole }
    }

    /// A fault of ours, which SDKs try again.
    pub fn internal_error(message: &str) -> Self {
        Self::error(500, serde_json::json!({ "__type": "InternalServerError", "message": message }).to_string())
    }

    /// The body as text, for messages to people.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The answer as the SDK's connectors hand it on; a connector that injects faults makes its answers with it too.
    pub fn into_sdk(self) -> Result<HttpResponse, ConnectorError> {
        let status = StatusCode::try_from(self.status).map_err(|error| ConnectorError::other(error.into(), None))?;
        let body = match self.travel {
            Travel::Whole => SdkBody::from(self.body),
            Travel::CutAfter(bytes) => SdkBody::from_body_1_x(cut(self.body, bytes)),
            Travel::Lost => return Err(ConnectorError::io(reset().into())),
        };
        let mut response = HttpResponse::new(status, body);
        response.headers_mut().insert("content-type", CONTENT_TYPE);
        if let Some(query_error) = self.query_error {
            response.headers_mut().insert(QUERY_ERROR_HEADER, query_error);
        }
        Ok(response)
    }
}

fn reset() -> std::io::Error {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset)
}

/// The first bytes of a body, after which the connection breaks.
fn cut(body: Bytes, bytes: usize) -> impl HttpBody<Data = Bytes, Error = std::io::Error> + Send + Sync {
    let first = Full::new(body.slice(..bytes.min(body.len())));
    first.map_err(|never: Infallible| match never {}).with_trailers(std::future::ready(Some(Err(reset()))))
}

impl IntoResponse for WireResponse {
    fn into_response(self) -> Response {
        let body = match self.travel {
            Travel::Whole => Body::from(self.body),
            Travel::CutAfter(bytes) => Body::new(cut(self.body, bytes)),
            Travel::Lost => Body::new(cut(self.body, 0)),
        };
        let status = axum::http::StatusCode::from_u16(self.status).unwrap_or(axum::http::StatusCode::BAD_GATEWAY);
        let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
        if let Some(value) = self.query_error.and_then(|value| value.parse().ok()) {
            response.headers_mut().insert(QUERY_ERROR_HEADER, value);
        }
        response
    }
}

/// A service that speaks the protocol.
pub trait WireService: Clone + Debug + Send + Sync + 'static {
    /// Answers one request. `operation` is the name without the service's prefix, such as `PutItem`.
    fn answer(&self, operation: &str, body: Bytes) -> impl Future<Output = WireResponse> + Send;
}

/// The operation's name in a request of the SDK, for connectors that count, record or disturb requests.
pub fn operation_of(request: &HttpRequest) -> Option<&str> {
    request.headers().get(TARGET_HEADER).and_then(|target| target.split_once('.')).map(|(_, operation)| operation)
}

/// The SDK's HTTP client that hands each request to a service in this process.
#[derive(Debug, Clone)]
pub struct WireConnector<S>(
    /// The service that answers.
    pub S,
);

impl<S: WireService> HttpConnector for WireConnector<S> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        // Asked here, in the caller's own task: the scope of the work that makes this request.
        let scope = Scope::current();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get(TARGET_HEADER).unwrap_or_default();
            let operation = operation_of(&request).unwrap_or_default();
            let body = request.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default();
            let answer = match scope {
                None => service.answer(operation, body).await,
                Some(scope) => scope.exchange(target, body, |body| service.answer(operation, body)).await,
            };
            answer.into_sdk()
        })
    }
}

impl<S: WireService> HttpClient for WireConnector<S> {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Both services over HTTP: `POST` with `x-amz-target`. The second route is the path of a queue's URL, which some SDKs send to.
pub fn aws_router(dynamodb: EmbeddedDynamoDb, sqs: EmbeddedSqs) -> Router {
    Router::new()
        .route("/", post(answer))
        .route("/{account}/{queue}", post(answer))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Services { dynamodb, sqs })
}

#[derive(Clone)]
struct Services {
    dynamodb: EmbeddedDynamoDb,
    sqs: EmbeddedSqs,
}

async fn answer(State(services): State<Services>, headers: HeaderMap, body: Bytes) -> WireResponse {
    let target = headers.get(TARGET_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match target.split_once('.') {
        Some(("DynamoDB_20120810" | "DynamoDBStreams_20120810", operation)) => {
            services.dynamodb.answer(operation, body).await
        }
        Some(("AmazonSQS", operation)) => services.sqs.answer(operation, body).await,
        _ => WireResponse::error(
            400,
            serde_json::json!({ "__type": "UnknownOperationException", "message": format!("unknown {TARGET_HEADER}: {target}") })
                .to_string(),
        ),
    }
}
