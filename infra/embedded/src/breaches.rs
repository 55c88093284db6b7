//! What knows passwords from breaches, in the place of Have I Been Pwned: its range API, as far as one can see of it from outside.
//!
//! The code that looks passwords up makes its requests as it does to the service; only the bytes travel no further than this process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::http::Response;
use sha1::{Digest, Sha1};

/// A service that knows some passwords; cheap to clone.
#[derive(Clone, Debug)]
pub struct Breaches(Arc<Mutex<Service>>);

#[derive(Debug)]
struct Service {
    hashes: Vec<String>,
    status: u16,
    is_silent: bool,
    asked: Vec<String>,
}

impl Breaches {
    /// A service that knows these.
    pub fn of(passwords: &[&str]) -> Self {
        let hash = |password: &&str| {
            let digest = Sha1::digest(password.as_bytes());
            digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02X}"))
        };
        let hashes = passwords.iter().map(hash).collect();
        Self(Arc::new(Mutex::new(Service { hashes, status: 200, is_silent: false, asked: Vec::new() })))
    }

    /// What connects to it.
    pub fn connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.service().asked.clone()
    }

    /// Answers with this status from now on.
    pub fn answer_with(&self, status: u16) {
        self.service().status = status;
    }

    /// Answers nobody any more.
    pub fn fall_silent(&self) {
        self.service().is_silent = true;
    }

    fn service(&self) -> MutexGuard<'_, Service> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// The suffixes of known hashes with the prefix that is asked for, among rows of padding, which have a count of 0.
    fn answer(&mut self, uri: &str) -> (u16, String) {
        let path = uri.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(uri, |(_, path)| path);
        self.asked.push(format!("/{path}"));
        let prefix = uri.rsplit('/').next().unwrap_or_default();
        if prefix.len() != 5 || !prefix.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return (400, "The hash prefix was not in a valid format".to_owned());
        }
        let rows = self.hashes.iter().filter_map(|hash| Some(format!("{}:3", hash.strip_prefix(prefix)?)));
        let padding = self.hashes.iter().filter_map(|hash| Some(format!("{}:0", hash.get(5..)?)));
        (self.status, padding.chain(rows).collect::<Vec<_>>().join("\r\n"))
    }
}

impl HttpConnector for Breaches {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut service = self.service();
        let (status, body) = service.answer(request.uri());
        if service.is_silent {
            return HttpConnectorFuture::new(std::future::pending());
        }
        let response = Response::builder().status(status).body(SdkBody::from(body));
        let response = response.map_err(|error| ConnectorError::other(error.into(), None)).and_then(|response| {
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        });
        HttpConnectorFuture::ready(response)
    }
}
