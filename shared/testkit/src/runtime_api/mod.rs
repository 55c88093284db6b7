//! Lambda's side of a function: a Runtime API on loopback for each process, and a function's binary running against it.
//!
//! ```text
//! let lambda = RuntimeApi::new();
//! let function = lambda.spawn(&bootstrap, environment)?;
//! let answer = lambda.invoke(function_url_event("GET", "/api/health", &[], b"")).await?;
//! ```
//!
//! As on Lambda, an event may have six megabytes, an invocation has its time, after which its process is ended and another one serves the
//! next, and a function that ends or reports that it cannot start fails what waits for it. A response may be streamed. Extensions and
//! telemetry are absent.

pub mod documented;
mod function_url;
mod process;
mod server;
mod source;
mod stream;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use function_url::function_url_event;
pub use process::Function;
use server::{Answer, Invocations};
pub use source::{queue_event, schedule_event, stream_event, stream_record};
pub use stream::{Prelude, StreamedResponse};

/// The largest event that Lambda takes: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
pub const EVENT_LIMIT_BYTES: usize = 6 * 1024 * 1024;
/// The largest response that is not streamed: what Lambda's own message says, a hundred bytes more than an event may have.
pub const RESPONSE_LIMIT_BYTES: usize = EVENT_LIMIT_BYTES + 100;

/// An invocation that did not end with a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct FunctionError {
    /// What Lambda calls it: the function's own `errorType`, `Runtime.ExitError`, `Sandbox.Timedout`.
    pub kind: String,
    /// What happened.
    pub message: String,
}

impl FunctionError {
    fn new(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), message: message.into() }
    }

    fn timed_out() -> Self {
        Self::new("Sandbox.Timedout", "Task timed out")
    }
}

/// A Lambda function, with what waits for its instances.
#[derive(Debug)]
pub struct RuntimeApi {
    timeout: Duration,
    streams: bool,
    invocations: Arc<Invocations>,
}

impl RuntimeApi {
    /// A function without an instance. Invocations have 30 seconds.
    pub fn new() -> Self {
        Self { timeout: Duration::from_secs(30), streams: false, invocations: Arc::default() }
    }

    /// The same with another time for each invocation.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same as a function URL of the mode `RESPONSE_STREAM`: what is invoked has to answer in pieces, of which [`Self::invoke`] makes an
    /// answer in the form of one that comes at once.
    #[must_use]
    pub fn with_streaming(mut self, streams: bool) -> Self {
        self.streams = streams;
        self
    }

    /// Starts a function's binary with Lambda's environment, these variables added, and nothing of this process's. It is killed when the
    /// answer is dropped. Several may run at once, as Lambda's instances do; what one's end fails is all that waits.
    ///
    /// # Errors
    /// When the binary cannot be started, or no port can be had.
    pub fn spawn(
        &self,
        bootstrap: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> io::Result<Function> {
        process::spawn(&self.invocations, bootstrap, environment)
    }

    /// Gives an event to the next instance that asks for one, and waits for what becomes of it.
    ///
    /// # Errors
    /// When the function reports an error, ends, cannot start, or takes too long, and when it streams what should come at once, or sends at
    /// once what should be streamed.
    pub async fn invoke(&self, event: Value) -> Result<Value, FunctionError> {
        self.invoke_within(event, self.timeout).await
    }

    /// The same, when an invocation has this time.
    ///
    /// # Errors
    /// As [`Self::invoke`].
    pub async fn invoke_within(&self, event: Value, timeout: Duration) -> Result<Value, FunctionError> {
        if self.streams {
            return self.stream_within(event, timeout).await?.whole().await;
        }
        match self.invocations.invoke(event, timeout).await? {
            Answer::Whole(answer) => Ok(answer),
            Answer::Streamed(_) => Err(FunctionError::new("Runtime.InvalidResponseMode", "the response is streamed")),
        }
    }

    /// Gives an event to a function that streams its responses, and waits for the response's beginning.
    ///
    /// # Errors
    /// As [`Self::invoke`], and when the response comes at once.
    pub async fn stream(&self, event: Value) -> Result<StreamedResponse, FunctionError> {
        self.stream_within(event, self.timeout).await
    }

    /// The same, when an invocation has this time, from the event to the response's end.
    ///
    /// # Errors
    /// As [`Self::stream`].
    pub async fn stream_within(&self, event: Value, timeout: Duration) -> Result<StreamedResponse, FunctionError> {
        match self.invocations.invoke(event, timeout).await? {
            Answer::Streamed(response) => Ok(response),
            Answer::Whole(_) => Err(FunctionError::new("Runtime.InvalidResponseMode", "the response is not streamed")),
        }
    }
}

impl Default for RuntimeApi {
    fn default() -> Self {
        Self::new()
    }
}
