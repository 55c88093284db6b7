//! A function's Worker under workerd in the place of its router, so that the cases of a function are written once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::response::Response;
use axum::routing::post;
use embedded::wire::TARGET_HEADER;
use embedded::{WireResponse, WireService};
use http::{HeaderMap, HeaderName, HeaderValue};
use shared::clock::Clock;
use shared::http::ClientAddress;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::TestApp;

/// The variable that names the Workers: their addresses (`http://127.0.0.1:4001`) with blanks between them.
const VARIABLE: &str = "WORKER_URLS";

/// The Workers that tests are to run against instead of a router in their own process.
///
/// `infra/edge/cases` starts several equal ones and names them in `WORKER_URLS`. What a test holds in its hand goes with each request, in
/// headers that only the Workers' entry for tests understands (`infra/edge/test_entry.mjs`):
///
/// * `test-table`: where the table is. It is the test's own, in this process, behind AWS's protocol; faults and all. A URL that the Worker
///   has not seen before makes it a new instance, which remembers nothing.
/// * `test-time`: the time, in milliseconds since 1970.
/// * `test-address`: where the request came from.
///
/// A test has as many instances as there are Workers, so tests must run one at a time (`--test-threads=1`).
#[derive(Debug)]
pub struct Workers {
    urls: Vec<String>,
    started: AtomicUsize,
    client: reqwest::Client,
    /// Runs what takes real time: on a test's own runtime the paused clock would jump ahead to the next timer meanwhile.
    runtime: Runtime,
    tables: Tables,
    tables_url: String,
}

/// The tables of the instances, by the number in their URL.
type Tables = Arc<Mutex<HashMap<usize, Router>>>;

impl Workers {
    /// The Workers that the environment names, if it names any.
    pub fn of_environment() -> Option<&'static Self> {
        static WORKERS: LazyLock<Option<Workers>> = LazyLock::new(|| {
            let urls = std::env::var(VARIABLE).ok()?;
            Some(Workers::new(urls.split_whitespace().map(str::to_owned).collect()))
        });
        WORKERS.as_ref()
    }

    fn new(urls: Vec<String>) -> Self {
        assert!(!urls.is_empty(), "{VARIABLE} names no Worker");
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().expect("a runtime can be built");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a listener need not block");
        let tables_url = format!("http://{}", listener.local_addr().expect("a listener has its address"));
        let tables = Tables::default();
        let router = Router::new().route("/{number}/", post(to_table)).layer(DefaultBodyLimit::disable());
        let router = router.with_state(tables.clone());
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("the listener is a good one");
            axum::serve(listener, router).await
        });
        // workerd closes a connection that was idle for 15 seconds, which may be the moment at which a case sends its next request on it.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client can be built");
        Self { urls, started: AtomicUsize::new(0), client, runtime, tables, tables_url }
    }

    /// A new instance of the Worker, going by this clock, whose requests to the table `table` answers.
    pub fn instance<S: WireService>(&'static self, clock: &Clock, table: S) -> TestApp {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let table = Router::new().fallback(answer::<S>).with_state(table);
        {
            let mut tables = self.tables.lock().expect("no test panics while holding it");
            tables.insert(number, table);
            // The instance before this one in the same Worker is gone.
            tables.retain(|other, _| other + self.urls.len() > number);
        }
        let instance = Instance {
            workers: self,
            url: self.urls[number % self.urls.len()].clone(),
            table_url: format!("{}/{number}", self.tables_url),
            clock: clock.clone(),
        };
        TestApp::surrounded(Router::new().fallback(send).with_state(instance))
    }
}

/// Hands a Worker's request to the table that its path names.
async fn to_table(State(tables): State<Tables>, Path(number): Path<usize>, request: Request) -> Response {
    let table = tables.lock().expect("no test panics while holding it").get(&number).cloned();
    let table = table.expect("an instance knows its table's number from us");
    table.oneshot(request).await.expect("routers do not fail")
}

async fn answer<S: WireService>(State(table): State<S>, headers: HeaderMap, body: Bytes) -> WireResponse {
    let target = headers.get(TARGET_HEADER).and_then(|target| target.to_str().ok()).unwrap_or_default();
    table.answer(target.rsplit('.').next().unwrap_or_default(), body).await
}

/// One instance of a Worker.
#[derive(Clone, Debug)]
struct Instance {
    workers: &'static Workers,
    url: String,
    table_url: String,
    clock: Clock,
}

/// Sends a request to the Worker.
async fn send(State(instance): State<Instance>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("bodies of tests do not fail");
    let mut headers = parts.headers;
    let time = instance.clock.now().as_milliseconds().to_string();
    let address = parts.extensions.get::<ClientAddress>().map(|address| address.0.to_string());
    for (name, value) in
        [("test-table", Some(instance.table_url)), ("test-time", Some(time)), ("test-address", address)]
    {
        if let Some(value) = value {
            let value = HeaderValue::from_str(&value).expect("an address and a number are well formed");
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = instance.workers.client.request(parts.method, format!("{}{path}", instance.url)).headers(headers);
    let exchange = async {
        let answer = request.body(body).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
    };
    let answered = instance.workers.runtime.spawn(exchange).await.expect("no exchange panics");
    let (status, headers, body) = answered.expect("the Worker answers");
    let mut response = Response::new(body.into());
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}
