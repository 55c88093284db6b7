//! A function's binary as Lambda runs it, on a table and queues of its own.

mod gate;
mod http;
mod log;
mod queue;
mod schedule;
mod secrets;
mod stream;
mod url;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::http::StatusCode;
use axum::Router;
use embedded::template::{Function as Described, Template};
use embedded::{EmbeddedSqs, Mailbox, aws_router};
use serde_json::{Value, json};
use shared::clock::TimeSource;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::runtime_api::{Function, FunctionError, RuntimeApi};
use crate::{Cloud, SystemClock, TEMPLATE, TestApp, confidential};
use gate::Gate;

/// Where the links in mails lead.
const FRONTEND_URL: &str = "https://app.example.com";
/// How long an invocation has that cannot get on, in the cases of each kind of function.
const SHORT_TIME: Duration = Duration::from_millis(400);
/// The same, for a function that keeps a second of its time for saying what it did not get done.
const REPORTING_TIME: Duration = Duration::from_millis(1_400);

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
///
/// What every function of a kind has to stand is written once, and called by its host test: [`Self::http_cases`],
/// [`Self::queue_cases`], [`Self::stream_cases`], [`Self::schedule_cases`].
#[derive(Debug)]
pub struct FunctionHost {
    /// The table, for rows that the function finds and leaves.
    pub cloud: Cloud,
    /// The template's queues.
    pub sqs: EmbeddedSqs,
    /// Where the function's mail ends up; it is spoken to as to SES.
    pub mailbox: Mailbox,
    /// The function's URL: a request becomes an event, and the answer to it a response.
    pub app: TestApp,
    name: String,
    described: Described,
    lambda: Arc<RuntimeApi>,
    function: Function,
    gate: Gate,
    aws: JoinHandle<std::io::Result<()>>,
}

impl FunctionHost {
    /// Starts `binary`, which is the function that the template calls `name`.
    pub async fn start(name: &str, binary: &str) -> Self {
        let template = Template::read(TEMPLATE).expect("the template is readable");
        let described = template.functions.get(name).expect("the template has the function").clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a listener has its address"));
        let cloud = Cloud::live();
        let sqs = EmbeddedSqs::new(|| SystemClock.now().as_milliseconds()).with_base_url(&endpoint);
        template.create_queues(&sqs).await.expect("the template's queues can be made");
        let gate = Gate::default();
        let mailbox = Mailbox::new(|| SystemClock.now().as_milliseconds());
        let aws = confidential::remembering(aws_router(cloud.dynamodb.clone(), sqs.clone()));
        // A process fetches its secret at its start, which an invocation must not find undone because of what its case closes.
        let router = gate.before(aws.nest("/mailbox", mailbox.router())).nest("/secrets", secrets::router());
        let aws = tokio::spawn(async move { axum::serve(listener, router).await });

        // Where the template refers to a queue, CloudFormation gives its URL.
        let is_queue = |value: &str| template.queues.values().any(|queue| queue.name == value);
        let resolved = |value: &String| if is_queue(value) { sqs.queue_url(value) } else { value.clone() };
        let own = described.environment.iter().map(|(name, value)| (name.clone(), resolved(value)));
        let endpoints = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS"];
        let endpoints = endpoints.map(|name| (name.to_owned(), endpoint.clone()));
        let lambda = RuntimeApi::new().with_timeout(Duration::from_secs(described.timeout_seconds));
        let lambda = Arc::new(lambda.with_streaming(described.streams));
        let secrets =
            ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(|name| (name.to_owned(), format!("{name} of a test")));
        secrets.iter().for_each(|(_, value)| confidential::remember(value));
        let others = [
            ("SES_BASE_URL", format!("{endpoint}/mailbox")),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", format!("{endpoint}/secrets")),
            ("FRONTEND_URL", FRONTEND_URL.to_owned()),
            // CloudFormation gives a function's URL with a slash at its end.
            ("CRM_URL", "https://crm.example.com/".to_owned()),
        ];
        let others = others.map(|(name, value)| (name.to_owned(), value));
        let environment = own.chain(endpoints).chain(secrets).chain(others);
        let function = lambda.spawn(Path::new(binary), environment).expect("the binary can be started");
        let app = TestApp::surrounded(Router::new().fallback(url::answer).with_state(Arc::clone(&lambda)));
        Self { cloud, sqs, mailbox, app, name: name.to_owned(), described, lambda, function, gate, aws }
    }

    /// What the function answers to an event.
    pub async fn invoke(&self, event: Value) -> Value {
        self.try_invoke(event).await.expect("the function answers")
    }

    /// What becomes of an event.
    ///
    /// # Errors
    /// When the function reports an error, ends, or takes longer than the template gives it.
    pub async fn try_invoke(&self, event: Value) -> Result<Value, FunctionError> {
        self.lambda.invoke(event).await
    }

    /// What becomes of an event while neither table nor queues answer, when the invocation has this time.
    ///
    /// # Errors
    /// As [`Self::try_invoke`].
    pub async fn invoke_without_aws(&self, event: Value, timeout: Duration) -> Result<Value, FunctionError> {
        let _closed = self.gate.close();
        self.lambda.invoke_within(event, timeout).await
    }

    /// The lines of the function's log so far.
    pub fn log(&self) -> Vec<Value> {
        self.function.log().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Every item of the table by its key, past everything that reads and checks rows.
    pub fn items(&self) -> BTreeMap<String, Value> {
        let mut items = BTreeMap::new();
        let mut request = json!({"TableName": self.cloud.services.store.table()});
        loop {
            let answer = self.cloud.dynamodb.dispatch("Scan", request.to_string().as_bytes());
            assert_eq!(answer.status, StatusCode::OK.as_u16(), "{}", answer.text());
            let mut answer: Value = serde_json::from_str(&answer.text()).expect("an answer is JSON");
            for item in answer["Items"].as_array_mut().expect("a scan has items") {
                items.insert(format!("{} {}", item["pk"]["S"], item["sk"]["S"]), item.take());
            }
            match answer["LastEvaluatedKey"].take() {
                Value::Null => return items,
                last => request["ExclusiveStartKey"] = last,
            }
        }
    }

    /// The bodies of the messages that lie in a queue.
    pub fn bodies(&self, queue: &str) -> Vec<String> {
        self.sqs.messages(queue).into_iter().map(|message| message.body).collect()
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
            eprintln!("{} wrote:\n{}", self.name, self.function.log().join("\n"));
        }
    }
}
