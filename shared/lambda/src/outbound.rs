//! Outbound HTTP to others than AWS, over the same hyper and rustls that AWS is reached with.

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use axum::body::Bytes;
use http::{Request, Response, StatusCode};
use shared::outbound::{Answer, OutboundError, OutboundHttp};

/// After how long without use a connection is given up.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Sends requests by sockets of this process; cheap to clone.
#[derive(Clone, Debug)]
pub struct NativeHttp(SharedHttpConnector);

impl NativeHttp {
    /// A client with no connection yet.
    pub fn new() -> Self {
        let connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build();
        Self(SharedHttpConnector::new(connector))
    }
}

impl Default for NativeHttp {
    fn default() -> Self {
        Self::new()
    }
}

impl OutboundHttp for NativeHttp {
    fn send(&self, request: Request<Bytes>, deadline: Duration) -> Answer {
        let connector = self.0.clone();
        Box::pin(async move {
            let answered = tokio::time::timeout(deadline, exchange(&connector, request)).await;
            answered.unwrap_or(Err(OutboundError::TimedOut(deadline)))
        })
    }
}

async fn exchange(connector: &SharedHttpConnector, request: Request<Bytes>) -> Result<Response<Bytes>, OutboundError> {
    let failed = |what: &str| OutboundError::Failed(what.to_owned());
    let request = HttpRequest::try_from(request.map(SdkBody::from)).map_err(|_| failed("it cannot be sent"))?;
    let answer = connector.call(request).await.map_err(|error| failed(kind(&error)))?;
    let status = StatusCode::from_u16(answer.status().as_u16()).map_err(|_| failed("the answer has no status"))?;
    let headers = answer.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>();
    let body = ByteStream::new(answer.into_body()).collect().await.map_err(|_| failed("the answer broke off"))?;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body.into_bytes()).map_err(|_| failed("the answer has headers that are none"))
}

/// What went wrong, without the address that was asked.
fn kind(error: &ConnectorError) -> &'static str {
    if error.is_timeout() {
        "the connection timed out"
    } else if error.is_io() {
        "the connection failed"
    } else {
        "the exchange failed"
    }
}
