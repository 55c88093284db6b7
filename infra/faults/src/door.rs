//! The way to the API: a router in this process, or a program on this machine that comes and goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use testkit::TestApp;
use tokio::sync::watch;

/// How long a program has for one answer.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
/// The pause after a request that nobody answered.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a request is sent before the platform counts as stuck.
const ATTEMPTS_MAXIMUM: u32 = 400;

/// A request, to be sent as often as it takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) organization: String,
    pub(crate) key: Option<String>,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    retry_after: Option<u64>,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Whether the same request may be answered otherwise later: it may have been carried out or not.
    fn asks_to_repeat(&self) -> bool {
        matches!(self.status, 429 | 500..) || matches!(self.code(), "in_progress" | "conflict")
    }

    /// What a repeat under the same key must answer again.
    pub(crate) fn said(&self) -> (u16, &Value) {
        (self.status, &self.body)
    }
}

#[derive(Clone, Debug)]
enum Way {
    InProcess(TestApp),
    Http { client: reqwest::Client, url: watch::Receiver<String> },
}

/// Where founders send their requests. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    way: Way,
    requests: Arc<AtomicU64>,
    repeats: Arc<AtomicU64>,
}

impl Door {
    pub(crate) fn in_process(app: TestApp) -> Self {
        Self { way: Way::InProcess(app), requests: Arc::default(), repeats: Arc::default() }
    }

    pub(crate) fn http(url: watch::Receiver<String>) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_PATIENCE).build().expect("a client");
        Self { way: Way::Http { client, url }, requests: Arc::default(), repeats: Arc::default() }
    }

    /// Requests sent, and how many of them were repeats.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.repeats.load(Ordering::Relaxed))
    }

    /// Sends a request until it is answered for good, as a well-behaved client does.
    pub(crate) async fn call(&self, sent: &Sent) -> Answer {
        for attempt in 0..ATTEMPTS_MAXIMUM {
            if attempt > 0 {
                self.repeats.fetch_add(1, Ordering::Relaxed);
            }
            match self.send(sent).await {
                Some(answer) if !answer.asks_to_repeat() => return answer,
                Some(answer) => {
                    assert_ne!(answer.status, 500, "a fault of AWS is no fault of ours: {} {answer:?}", sent.path);
                    let pause = answer.retry_after.map_or(PAUSE, Duration::from_secs).max(PAUSE);
                    tokio::time::sleep(pause).await;
                }
                None => tokio::time::sleep(PAUSE).await,
            }
        }
        panic!("the platform stayed busy: {} {}", sent.method, sent.path);
    }

    /// Sends a request once; `None` if no whole answer came.
    async fn send(&self, sent: &Sent) -> Option<Answer> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let key = sent.key.iter().map(|key| ("idempotency-key", key.as_str()));
        let token = format!("Bearer {}", sent.token);
        let who = [("authorization", token.as_str()), ("x-organization-id", sent.organization.as_str())];
        let who = who.into_iter().filter(|(_, value)| !value.is_empty() && *value != "Bearer ");
        let headers = who
            .chain(key)
            .chain([("content-type", sent.content_type)].into_iter().filter(|(_, value)| !value.is_empty()));
        match &self.way {
            Way::InProcess(app) => {
                let request = headers
                    .fold(app.request(sent.method, &sent.path), |request, (name, value)| request.header(name, value));
                let answer = request.content(sent.body.clone()).send().await;
                let retry_after = answer.header("retry-after").and_then(|text| text.parse().ok());
                Some(Answer { status: answer.status.as_u16(), body: answer.json, retry_after })
            }
            Way::Http { client, url } => {
                let url = format!("{}{}", url.borrow().as_str(), sent.path);
                let method = reqwest::Method::from_bytes(sent.method.as_bytes()).expect("a method");
                let request =
                    headers.fold(client.request(method, url), |request, (name, value)| request.header(name, value));
                let answer = request.body(sent.body.clone()).send().await.ok()?;
                let status = answer.status().as_u16();
                let retry_after =
                    answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
                let bytes = answer.bytes().await.ok()?;
                let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).ok()? };
                Some(Answer { status, body, retry_after })
            }
        }
    }
}
