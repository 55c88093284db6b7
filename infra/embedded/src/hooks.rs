//! An endpoint that takes every webhook, in the place of the servers that organisations name. Tests look at what it got; nothing leaves
//! the process.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::http::{HeaderMap, Response, StatusCode};

/// How many are kept.
const KEPT: usize = 500;

/// A webhook as it arrived.
#[derive(Clone, Debug)]
pub struct ReceivedHook {
    /// Where it was sent to.
    pub url: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

struct State {
    received: Vec<ReceivedHook>,
    status: StatusCode,
}

/// The endpoint. Clones share what it got.
#[derive(Clone)]
pub struct Hooks(Arc<Mutex<State>>);

impl fmt::Debug for Hooks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hooks").field("received", &self.state().received.len()).finish()
    }
}

impl Default for Hooks {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { received: Vec::new(), status: StatusCode::OK })))
    }
}

impl Hooks {
    /// The way to it.
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: StatusCode) {
        self.state().status = status;
    }

    /// What it got, the first first.
    pub fn received(&self) -> Vec<ReceivedHook> {
        self.state().received.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpConnector for Hooks {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let other = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::other(error, None);
        let answer = (|| {
            let request = request.try_into_http1x().map_err(|error| other(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = String::from_utf8_lossy(body.bytes().unwrap_or_default()).into_owned();
            let mut state = self.state();
            if state.received.len() < KEPT {
                state.received.push(ReceivedHook { url: parts.uri.to_string(), headers: parts.headers, body });
            }
            let answer = Response::builder().status(state.status).body(SdkBody::empty());
            HttpResponse::try_from(answer.map_err(|error| other(error.into()))?).map_err(|error| other(error.into()))
        })();
        HttpConnectorFuture::ready(answer)
    }
}
