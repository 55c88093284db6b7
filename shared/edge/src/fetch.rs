//! Outbound HTTP through the runtime's `fetch`.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{Request, Response, header};
use worker::js_sys::Uint8Array;
use worker::send::SendFuture;
use worker::{AbortController, AbortSignal, Delay, Fetch, Method, RequestInit, RequestRedirect};

use crate::headers;

/// Why a request got no answer.
#[derive(Debug)]
pub(crate) enum FetchError {
    /// Nothing came in time; the other side may have acted on the request.
    TimedOut(Duration),
    /// The connection failed before the whole answer was there; the other side may have acted on the request.
    Failed(worker::Error),
    /// The request cannot be sent at all.
    Unsendable(worker::Error),
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimedOut(deadline) => write!(formatter, "no answer within {} ms", deadline.as_millis()),
            Self::Failed(cause) => write!(formatter, "the connection failed: {cause}"),
            Self::Unsendable(cause) => write!(formatter, "the request cannot be sent: {cause}"),
        }
    }
}

impl std::error::Error for FetchError {}

/// Sends a request and reads the whole answer, all within `deadline`. Dropping the future ends the exchange.
pub(crate) fn fetch(
    request: Request<Bytes>,
    deadline: Duration,
) -> impl Future<Output = Result<Response<Bytes>, FetchError>> + Send {
    // What JavaScript hands out is tied to this thread, which on Workers is the only one.
    SendFuture::new(async move {
        let exchange = Exchange::new();
        let answer = pin!(exchange.run(&request));
        match select(answer, Delay::from(deadline)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => Err(FetchError::TimedOut(deadline)),
        }
    })
}

/// One request on its way. A promise goes on when nobody waits for it any more, so an exchange that is dropped is aborted.
struct Exchange {
    controller: Option<AbortController>,
    signal: AbortSignal,
}

impl Exchange {
    fn new() -> Self {
        let controller = AbortController::default();
        Self { signal: controller.signal(), controller: Some(controller) }
    }

    async fn run(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, FetchError> {
        let request = to_javascript(request).map_err(FetchError::Unsendable)?;
        let mut answer = Fetch::Request(request).send_with_signal(&self.signal).await.map_err(FetchError::Failed)?;
        let body = answer.bytes().await.map_err(FetchError::Failed)?;
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = http::StatusCode::from_u16(answer.status_code())
            .map_err(|error| FetchError::Failed(worker::Error::RustError(error.to_string())))?;
        *response.headers_mut() = headers::from_javascript(answer.headers());
        // The runtime has undone the encoding already; these two still speak of what was on the wire.
        response.headers_mut().remove(header::CONTENT_ENCODING);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        Ok(response)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(controller) = self.controller.take() {
            controller.abort();
        }
    }
}

fn to_javascript(request: &Request<Bytes>) -> worker::Result<worker::Request> {
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method().as_str().to_owned()))
        .with_headers(headers::to_javascript(request.headers())?)
        // Whom we call is configuration; nobody who answers may send us elsewhere.
        .with_redirect(RequestRedirect::Manual);
    if !request.body().is_empty() {
        // A whole array, unlike a stream, goes out with its length.
        init.with_body(Some(Uint8Array::from(&**request.body()).into()));
    }
    worker::Request::new_with_init(&request.uri().to_string(), &init)
}
