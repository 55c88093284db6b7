//! Outbound HTTP of functions through the runtime's `fetch`.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use shared::outbound::{Answer, OutboundError, OutboundHttp};

use crate::fetch::{FetchError, fetch};

/// Sends requests with `fetch`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FetchHttp;

impl OutboundHttp for FetchHttp {
    fn send(&self, request: Request<Bytes>, deadline: Duration) -> Answer {
        let answer = fetch(request, deadline);
        Box::pin(async move {
            answer.await.map_err(|error| match error {
                FetchError::TimedOut(deadline) => OutboundError::TimedOut(deadline),
                // What JavaScript says may name the address that was asked.
                FetchError::Failed(_) => OutboundError::Failed("the connection failed".to_owned()),
                FetchError::Unsendable(_) => OutboundError::Failed("it cannot be sent".to_owned()),
            })
        })
    }
}
