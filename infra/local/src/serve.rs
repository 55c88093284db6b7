//! Serving the platform on a port.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::{Router, serve::ListenerExt};
use embedded::{EmbeddedDynamoDb, Execution, aws_router};
use shared::ai::offline::OfflineAssistant;
use shared::clock::{Clock, TimeSource, Timestamp};
use shared::http::ClientAddress;
use shared::id::Ids;
use shared_lambda::{SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tower_http::catch_panic::CatchPanicLayer;

use crate::cli::{CliError, ServeOptions};
use crate::operator::Tick;
use crate::running::Running;
use crate::{Platform, PlatformOptions, demo, explorer, operator};

/// The machine's clock, moved ahead.
#[derive(Debug)]
struct ClockAhead(Duration);

impl TimeSource for ClockAhead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep(duration)
    }
}

/// The database's name in the data directory.
pub(crate) const DATABASE: &str = "platform.sqlite";

/// A platform over the file in `data_directory`, or in memory when there is none.
pub(crate) async fn open(data_directory: Option<&PathBuf>, clock_ahead_seconds: u64) -> Result<Platform, CliError> {
    let dynamodb = match data_directory {
        Some(directory) => {
            make_private(directory)?;
            EmbeddedDynamoDb::open(&directory.join(DATABASE))?
        }
        None => EmbeddedDynamoDb::in_memory()?.with_execution(Execution::BlockingPool),
    };
    let clock = Clock::new(ClockAhead(Duration::from_secs(clock_ahead_seconds)));
    let client = dynamodb.client();
    let ids = Ids::new(clock.clone(), SystemEntropy);
    let variables = std::env::vars().filter(|(name, _)| name != "TABLE_NAME").collect();
    let ai = Arc::new(OfflineAssistant);
    Ok(Platform::start(PlatformOptions { dynamodb, client, clock, ids, ai, variables }).await?)
}

/// Makes the data directory if it is not there, for its owner alone: accounts and the operator token are in it.
fn make_private(directory: &Path) -> Result<(), CliError> {
    if directory.exists() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| CliError::Directory(directory.to_owned(), error))
}

/// Serves until Ctrl-C, then lets running requests and jobs end.
pub(crate) async fn serve(options: ServeOptions) -> Result<(), CliError> {
    let began = tokio::time::Instant::now();
    let listener = listen(options.port).await?;
    let address = listener.local_addr().map_err(CliError::Io)?;
    let platform = open((!options.memory).then_some(&options.data_directory), options.clock_ahead).await?;
    let operator_token = operator_token(&platform);
    let running = Running { url: format!("http://{address}"), operator_token: operator_token.clone() };
    make_private(&options.data_directory)?;
    running
        .announce(&options.data_directory)
        .map_err(|error| CliError::Directory(options.data_directory.clone(), error))?;

    let (stop, stopped) = watch::channel(false);
    let (ticks, asked) = mpsc::channel(1);
    let jobs = start_jobs(&platform, stopped.clone(), asked)?;
    let aws = match options.aws_port {
        Some(port) => Some(serve_aws(&platform, port, stopped.clone()).await?),
        None => None,
    };
    print_started(&running, &options, aws, &platform, began.elapsed());
    if options.seed_demo {
        demo::seed(&platform).await?;
    }
    let app = app(&platform, ticks, &operator_token).into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let shutdown = async move {
        interrupted().await;
        say("Stopping: letting running requests and jobs end. Press Ctrl-C again to stop at once.");
        let _ = stop.send(true);
        tokio::spawn(async {
            interrupted().await;
            std::process::exit(130);
        });
    };
    axum::serve(listener, app).with_graceful_shutdown(shutdown).await.map_err(CliError::Io)?;
    let ended = tokio::task::spawn_blocking(move || jobs.join()).await;
    if !matches!(ended, Ok(Ok(()))) {
        return Err(CliError::Refused("the jobs did not end in good order".to_owned()));
    }
    Running::withdraw(&options.data_directory);
    say("Stopped.");
    Ok(())
}

/// Runs the jobs on a thread of their own: what they do never delays a request, and they need not be `Send`.
fn start_jobs(
    platform: &Platform,
    stopped: watch::Receiver<bool>,
    ticks: mpsc::Receiver<Tick>,
) -> Result<std::thread::JoinHandle<()>, CliError> {
    let platform = platform.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Io)?;
    let work = move || runtime.block_on(platform.pump(stopped, ticks));
    std::thread::Builder::new().name("jobs".to_owned()).spawn(work).map_err(CliError::Io)
}

/// Everything that answers on the port.
pub(crate) fn app(platform: &Platform, ticks: mpsc::Sender<Tick>, operator_token: &str) -> Router {
    let api = platform.router().layer(CatchPanicLayer::custom(|_| {
        axum::response::IntoResponse::into_response(shared::problem::Problem::internal("a handler panicked"))
    }));
    explorer::routes()
        .merge(operator::routes(platform.services.clone(), ticks, operator_token))
        .fallback_service(api)
        .layer(from_fn(with_client_address))
}

/// The peer of a socket is the client: nothing stands in front of the local cloud.
async fn with_client_address(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(ClientAddress(peer.ip()));
    next.run(request).await
}

async fn listen(port: u16) -> Result<TcpListener, CliError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| CliError::Port(port, error))
}

async fn serve_aws(platform: &Platform, port: u16, mut stopped: watch::Receiver<bool>) -> Result<SocketAddr, CliError> {
    let listener = listen(port).await?;
    let address = listener.local_addr().map_err(CliError::Io)?;
    let sqs = platform.sqs.clone().with_base_url(&format!("http://{address}"));
    let router = aws_router(platform.dynamodb.clone(), sqs);
    tokio::spawn(async move {
        let shutdown = async move { drop(stopped.changed().await) };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
            tracing::error!(%error, "the AWS endpoint stopped");
        }
    });
    Ok(address)
}

fn operator_token(platform: &Platform) -> String {
    platform.services.ids.secret::<24>().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Completes when the process is asked to end: by Ctrl-C, or by whoever supervises it.
async fn interrupted() {
    let terminated = async {
        #[cfg(unix)]
        if let Ok(mut signals) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            signals.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    };
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a way to be told, run on: the process can still be killed and loses nothing.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = terminated => {}
        () = interrupted => {}
    }
}

/// Prints a line for the person at the terminal.
#[expect(clippy::print_stdout, reason = "this is the program's output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

fn print_started(
    running: &Running,
    options: &ServeOptions,
    aws: Option<SocketAddr>,
    platform: &Platform,
    elapsed: Duration,
) {
    let url = &running.url;
    let data = if options.memory { "in memory".to_owned() } else { options.data_directory.display().to_string() };
    say(&format!("Groundwork {} is ready after {} ms.", env!("CARGO_PKG_VERSION"), elapsed.as_millis()));
    say(&format!("  API             {url}/api/health"));
    say(&format!("  explorer        {url}/docs"));
    say(&format!("  data            {data}"));
    say(&format!("  schedules       {}", platform.schedules().collect::<Vec<_>>().join(", ")));
    say(&format!("  operator token  {}", running.operator_token));
    if let Some(address) = aws {
        say(&format!("  AWS endpoint    http://{address} (DynamoDB and SQS, any credentials)"));
    }
    say("Sign up:");
    say(&format!("  curl -s {url}/api/auth/register -H 'content-type: application/json' \\"));
    say(r#"    -d '{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}'"#);
    say("Press Ctrl-C to stop.");
}
