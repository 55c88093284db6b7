//! Lambda's side of a function: a server of the Runtime API on loopback, and a function's binary running against it.
//!
//! ```text
//! let lambda = RuntimeApi::start().await?;
//! let function = lambda.spawn(&bootstrap, environment)?;
//! let answer = lambda.invoke(function_url_event("GET", "/api/health", &[], b"")).await?;
//! ```
//!
//! As on Lambda, a payload may have six megabytes, an invocation has its time, and a function that ends or reports that it cannot start
//! fails what waits for it. Streamed responses, extensions and telemetry are absent.

mod event;
mod process;
mod server;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use event::{function_url_event, queue_event};
pub use process::Function;
use server::Invocations;

/// The largest event and the largest response that Lambda takes.
pub const PAYLOAD_LIMIT_BYTES: usize = 6 * 1024 * 1024;

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
}

/// A Lambda function's Runtime API. It ends with its value.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    timeout: Duration,
    invocations: Arc<Invocations>,
    server: JoinHandle<io::Result<()>>,
}

impl RuntimeApi {
    /// Listens on a free port of loopback. Invocations have 30 seconds.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let invocations = Arc::new(Invocations::default());
        let router = server::router(Arc::clone(&invocations));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, timeout: Duration::from_secs(30), invocations, server })
    }

    /// The same with another time for each invocation.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Where it listens, as `AWS_LAMBDA_RUNTIME_API` says it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a function's binary with Lambda's environment, these variables added, and nothing of this process's. It is killed when the
    /// answer is dropped. Several may run at once, as Lambda's instances do; what one's end fails is all that waits.
    ///
    /// # Errors
    /// When the binary cannot be started.
    pub fn spawn(
        &self,
        bootstrap: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> io::Result<Function> {
        process::spawn(self.address, Arc::clone(&self.invocations), bootstrap, environment)
    }

    /// Gives an event to the next instance that asks for one, and waits for what becomes of it.
    ///
    /// # Errors
    /// When the function reports an error, ends, cannot start, or takes too long.
    pub async fn invoke(&self, event: Value) -> Result<Value, FunctionError> {
        self.invocations.invoke(event, self.timeout).await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}
