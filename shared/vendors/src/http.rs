//! Outbound HTTP: one exchange with a deadline, over whatever connector the host has.
//!
//! The connector is the AWS SDK's: hyper on Lambda, `fetch` on Workers, a sandbox inside the process in the local cloud and in tests.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use ::http::{Request, Response};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use futures_util::future::{Either, select};
use shared::clock::Clock;

/// The largest answer that is read.
const ANSWER_BYTES_MAXIMUM: usize = 1024 * 1024;

/// Sends requests to other servers; cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    connector: SharedHttpConnector,
    clock: Clock,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The other server never got the request.
    #[error("the request was not sent: {0}")]
    NotSent(String),
    /// The other server may have got the request, and may have done what it asks for.
    #[error("no answer came: {0}")]
    NoAnswer(String),
}

impl Http {
    /// Requests over this connector, with deadlines on this clock.
    pub const fn new(connector: SharedHttpConnector, clock: Clock) -> Self {
        Self { connector, clock }
    }

    /// The time by which deadlines and repeats go.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Sends one request and reads the whole answer, whatever its status, all within `timeout`. Nothing is repeated.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn send(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Response<Vec<u8>>, HttpError> {
        let (exchange, deadline) = (pin!(self.exchange(request)), pin!(self.clock.sleep(timeout)));
        match select(exchange, deadline).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(HttpError::NoAnswer("the time was up".to_owned())),
        }
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        let request =
            HttpRequest::try_from(request.map(SdkBody::from)).map_err(|error| HttpError::NotSent(error.to_string()))?;
        let answer = self.connector.call(request).await.map_err(|error| of_connector(&error))?;
        let answer = answer.try_into_http1x().map_err(|error| HttpError::NoAnswer(error.to_string()))?;
        let (parts, body) = answer.into_parts();
        Ok(Response::from_parts(parts, whole(body).await?))
    }
}

async fn whole(body: SdkBody) -> Result<Vec<u8>, HttpError> {
    let (mut stream, mut read) = (ByteStream::new(body), Vec::new());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| HttpError::NoAnswer(format!("the answer broke off: {error}")))?;
        if read.len().saturating_add(chunk.len()) > ANSWER_BYTES_MAXIMUM {
            return Err(HttpError::NoAnswer("the answer is larger than 1 MiB".to_owned()));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// What a connector's error means. Only one that happened while connecting proves that the request did not arrive.
fn of_connector(error: &ConnectorError) -> HttpError {
    let mut causes = vec![error.to_string()];
    let mut refused = error.is_user();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        // hyper and the SDK say where they failed in words only.
        refused |= text == "client error (Connect)" || text.starts_with("HTTP connect timeout");
        refused |= next
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
        causes.push(text);
        cause = next.source();
    }
    let reason = causes.join(": ");
    if refused { HttpError::NotSent(reason) } else { HttpError::NoAnswer(reason) }
}
