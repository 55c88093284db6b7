//! HTTP to others: the one port that a vendor's client sends its requests through.
//!
//! A host provides it: `fetch` on Workers, a client of its own elsewhere, a router in tests. What is sent is whole, and so is what comes
//! back; redirects are answers, since whom we call is configuration.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http::{Request, Response};

/// Why a request got no answer. Whoever was asked may have acted on it all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Nothing came in time.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The connection failed, or the request cannot be sent at all. The text names no part of the request.
    #[error("the request failed: {0}")]
    Failed(String),
}

/// An answer on its way.
pub type Answer = Pin<Box<dyn Future<Output = Result<Response<Bytes>, OutboundError>> + Send>>;

/// What a host must provide to send requests.
pub trait OutboundHttp: Send + Sync + fmt::Debug {
    /// Sends a request and reads the whole answer, all within `deadline`.
    fn send(&self, request: Request<Bytes>, deadline: Duration) -> Answer;
}

/// The port that functions are given; cheap to clone.
pub type Outbound = Arc<dyn OutboundHttp>;
