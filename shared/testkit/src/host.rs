//! A function's binary as Lambda runs it, on a table and queues of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded::template::Template;
use embedded::{EmbeddedSqs, aws_router};
use http::StatusCode;
use serde_json::Value;
use shared::clock::TimeSource;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::runtime_api::{Function, RuntimeApi, function_url_event};
use crate::{Cloud, SystemClock, TEMPLATE, TestApp, confidential};

/// A function's binary under the Runtime API, with the environment and the time-out that the template gives it.
///
/// ```text
/// let host = FunctionHost::start("organizations", env!("CARGO_BIN_EXE_organizations")).await;
/// let ada = host.cloud.caller("Ada").await;
/// host.app.get("/api/organizations").by(&ada).send().await.expect(200);
/// ```
///
/// The process reaches table and queues over loopback. Time is the system's, so the test's clock must not be paused. When a test fails,
/// what the process wrote is printed.
#[derive(Debug)]
pub struct FunctionHost {
    /// The table, for rows that the function finds and leaves.
    pub cloud: Cloud,
    /// The template's queues.
    pub sqs: EmbeddedSqs,
    /// The function's URL: a request becomes an event, and the answer to it a response.
    pub app: TestApp,
    lambda: Arc<RuntimeApi>,
    function: Function,
    aws: JoinHandle<std::io::Result<()>>,
}

impl FunctionHost {
    /// Starts `binary`, which is the function that the template calls `name`.
    pub async fn start(name: &str, binary: &str) -> Self {
        let template = Template::read(TEMPLATE).expect("the template is readable");
        let described = template.functions.get(name).expect("the template has the function");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a listener has its address"));
        let cloud = Cloud::live();
        let sqs = EmbeddedSqs::new(|| SystemClock.now().as_milliseconds()).with_base_url(&endpoint);
        template.create_queues(&sqs).await.expect("the template's queues can be made");
        let router = aws_router(cloud.dynamodb.clone(), sqs.clone());
        let aws = tokio::spawn(async move { axum::serve(listener, router).await });

        // Where the template refers to a queue, CloudFormation gives its URL.
        let is_queue = |value: &str| template.queues.values().any(|queue| queue.name == value);
        let resolved = |value: &String| if is_queue(value) { sqs.queue_url(value) } else { value.clone() };
        let own = described.environment.iter().map(|(name, value)| (name.clone(), resolved(value)));
        let endpoints = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"];
        let endpoints = endpoints.map(|name| (name.to_owned(), endpoint.clone()));
        let lambda = RuntimeApi::start().await.expect("loopback has a free port");
        let lambda = Arc::new(lambda.with_timeout(Duration::from_secs(described.timeout_seconds)));
        let function = lambda.spawn(Path::new(binary), own.chain(endpoints)).expect("the binary can be started");
        let app = TestApp::surrounded(Router::new().fallback(answer).with_state(Arc::clone(&lambda)));
        Self { cloud, sqs, app, lambda, function, aws }
    }

    /// What the function answers to an event.
    pub async fn invoke(&self, event: Value) -> Value {
        self.lambda.invoke(event).await.expect("the function answers")
    }

    /// The lines of the function's log so far.
    pub fn log(&self) -> Vec<Value> {
        self.function.log().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

impl Drop for FunctionHost {
    fn drop(&mut self) {
        self.aws.abort();
        let confidential = self.function.log().iter().find_map(|line| confidential::found_in(line));
        assert!(
            confidential.is_none() || std::thread::panicking(),
            "confidential text beginning with {confidential:?} reached the function's log"
        );
        if std::thread::panicking() {
            eprintln!("the function wrote:\n{}", self.function.log().join("\n"));
        }
    }
}

/// A function URL: 502 where the function fails.
async fn answer(State(lambda): State<Arc<RuntimeApi>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("bodies of tests do not fail");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().expect("tests send text in headers")));
    let event = function_url_event(parts.method.as_str(), path, &headers.collect::<Vec<_>>(), &body);
    match lambda.invoke(event).await {
        Ok(answer) => response(&answer),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// The response that an answer in the payload format 2.0 stands for.
fn response(answer: &Value) -> Response {
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let mut response = http::Response::builder().status(status);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().expect("a header's value is text"));
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        response = response.header("set-cookie", cookie.as_str().expect("a cookie is text"));
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        Body::from(STANDARD.decode(body).expect("the body is Base64"))
    } else {
        Body::from(body.to_owned())
    };
    response.body(body).expect("status and headers are well formed")
}
