//! Serving the platform on a port.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::{Router, serve::ListenerExt};
use embedded::{EmbeddedDynamoDb, EmbeddedSqs, Execution, aws_router};
use shared::ai::offline::OfflineAssistant;
use shared::clock::{Clock, TimeSource, Timestamp};
use shared::encoding::hexadecimal;
use shared::http::ClientAddress;
use shared::id::Ids;
use shared_lambda::{SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tower_http::catch_panic::CatchPanicLayer;

use crate::cli::{CliError, ServeOptions};
use crate::jobs::{Jobs, Left};
use crate::journal::routes as journal;
use crate::operator::Tick;
use crate::running::Running;
use crate::terminal::say;
use crate::{DeliverOnce, Platform, PlatformOptions, demo, explorer, linkedin, mailbox, operator, s3};

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

/// How long running requests may take when the platform stops, and then the jobs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the sandbox of Stripe is: its API, its checkout and its customer portal.
const STRIPE_PATH: &str = "/_local/stripe";
/// What the sandbox of Stripe is kept in, in the data directory.
pub(crate) const STRIPE_FILE: &str = "stripe-sandbox.json";
/// The folder of the files' bytes in the data directory.
const FILES: &str = "files";
/// The database's name in the data directory.
pub(crate) const DATABASE: &str = "platform.sqlite";

/// A platform over the file in `data_directory`, or in memory when there is none.
///
/// `url` is where it will be found; subcommands, which serve nothing, have none.
pub(crate) async fn open(
    data_directory: Option<&PathBuf>,
    clock_ahead_seconds: u64,
    url: Option<&str>,
) -> Result<Platform, CliError> {
    let dynamodb = match data_directory {
        Some(directory) => {
            make_private(directory)?;
            let database = directory.join(DATABASE);
            keep_private(&database).map_err(|error| CliError::Directory(directory.clone(), error))?;
            EmbeddedDynamoDb::open(&database)?
        }
        None => EmbeddedDynamoDb::in_memory()?.with_execution(Execution::BlockingPool),
    };
    let clock = Clock::new(ClockAhead(Duration::from_secs(clock_ahead_seconds)));
    let client = dynamodb.client();
    let ids = Ids::new(clock.clone(), SystemEntropy);
    let mut variables = variables()
        .filter(|(name, _)| !matches!(name.as_str(), "TABLE_NAME" | "LEDGER_TABLE_NAME"))
        .collect::<Vec<_>>();
    // The sandbox's page is here; a LinkedIn that is configured is where it says.
    let is_sandbox = !variables.iter().any(|(name, _)| name.starts_with("LINKEDIN_"));
    let page = url.filter(|_| is_sandbox).map(|url| format!("{url}{}", linkedin::PATH));
    variables.extend(page.map(|page| ("LINKEDIN_BASE_URL".to_owned(), page)));
    // Files are kept here and nowhere else, whatever a developer's own tools are set to.
    variables.retain(|(name, _)| name != "AWS_ENDPOINT_URL_S3");
    variables.extend(url.map(|url| ("AWS_ENDPOINT_URL_S3".to_owned(), format!("{url}{}", s3::PATH))));
    let is_told = variables.iter().any(|(name, _)| name == "CRM_URL");
    variables.extend(url.filter(|_| !is_told).map(|url| ("CRM_URL".to_owned(), url.to_owned())));
    let ai = Arc::new(OfflineAssistant);
    let time = clock.clone();
    let sqs = EmbeddedSqs::new(move || time.now().as_milliseconds());
    let (queues, delivery) = (sqs.client(), Arc::new(DeliverOnce));
    let options = PlatformOptions { dynamodb, client, sqs, queues, delivery, clock, ids, ai, variables };
    let platform = Platform::start(options).await?;
    if let Some(directory) = data_directory {
        platform.stripe.keep_in(directory.join(STRIPE_FILE));
        platform.s3.keep_in(directory.join(FILES));
    }
    Ok(platform)
}

/// The variables that are text; no setting is anything else.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| match (name.into_string(), value.into_string()) {
        (Ok(name), Ok(value)) => Some((name, value)),
        (name, _) => {
            let name = name.unwrap_or_else(|name| name.to_string_lossy().into_owned());
            tracing::warn!(name, "a variable is not UTF-8 and is not read");
            None
        }
    })
}

/// Makes the database its owner's alone, whatever the directory's mode. SQLite gives the files that it puts beside it the same mode; those
/// of a killed platform are there already.
fn keep_private(database: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(database)?;
    #[cfg(unix)]
    for suffix in ["", "-wal", "-shm"] {
        let mut file = database.as_os_str().to_owned();
        file.push(suffix);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        match std::fs::set_permissions(&file, mode) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
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

/// Serves until Ctrl-C, then lets running requests end and the jobs carry out what is left.
pub(crate) async fn serve(options: ServeOptions) -> Result<(), CliError> {
    let began = tokio::time::Instant::now();
    let stopping = watch_for_interrupts();
    let listener = listen(options.port).await?;
    let address = listener.local_addr().map_err(CliError::Io)?;
    let url = format!("http://{address}");
    let data_directory = (!options.memory).then_some(&options.data_directory);
    let platform = open(data_directory, options.clock_ahead, Some(&url)).await?;
    platform.stripe.be_at(&format!("{url}{STRIPE_PATH}"));
    let running = Running { url, operator_token: operator_token(&platform) };
    make_private(&options.data_directory)?;
    let announcement = running
        .announce(&options.data_directory, options.memory)
        .map_err(|error| CliError::Directory(options.data_directory.clone(), error))?;

    let (ticks, asked) = mpsc::channel(1);
    let jobs = Jobs::start(&platform, asked, PATIENCE)?;
    let aws = match options.aws_port {
        Some(port) => Some(serve_aws(&platform, port, stopping.clone()).await?),
        None => None,
    };
    print_started(&running, &options, aws.as_ref().map(|(address, _)| *address), &platform, began.elapsed());
    if options.seed_demo {
        tokio::select! {
            seeded = demo::seed(&platform) => seeded?,
            () = told(stopping.clone()) => say("The demo organisation is not complete; --seed-demo completes it."),
        }
    }
    let app = app(&platform, ticks, &running.operator_token).into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let api = axum::serve(listener, app).with_graceful_shutdown(told(stopping.clone())).into_future();
    let requests = async {
        let served = api.await;
        if let Some((_, endpoint)) = aws {
            drop(endpoint.await);
        }
        served
    };
    tokio::select! {
        served = requests => served.map_err(CliError::Io)?,
        () = impatience(stopping) => say("Some requests did not end in time; going on without them."),
    }
    tell_what_is_left(jobs.end().await?);
    // Only now may a subcommand open the file by itself.
    drop(announcement);
    say("Stopped.");
    Ok(())
}

/// Turns true when the process is asked to end. Asked again, the process ends at once.
fn watch_for_interrupts() -> watch::Receiver<bool> {
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        say("Stopping: letting running requests and jobs end. Press Ctrl-C again to stop at once.");
        let _ = stop.send(true);
        interrupted().await;
        std::process::exit(130);
    });
    stopping
}

/// Completes when the process is asked to end.
async fn told(mut stopping: watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Completes when requests have had time enough since the process was asked to end.
async fn impatience(stopping: watch::Receiver<bool>) {
    told(stopping).await;
    tokio::time::sleep(PATIENCE).await;
}

fn tell_what_is_left(left: Left) {
    if !left.drained {
        say(&format!("The jobs did not end within {} seconds.", PATIENCE.as_secs()));
    }
    if left.messages > 0 {
        say(&format!("{} queued messages were not dealt with; the sweep takes up their tasks.", left.messages));
    }
}

/// Everything that answers on the port.
pub(crate) fn app(platform: &Platform, ticks: mpsc::Sender<Tick>, operator_token: &str) -> Router {
    let api = platform.router().layer(CatchPanicLayer::custom(|_| {
        axum::response::IntoResponse::into_response(shared::problem::Problem::internal("a handler panicked"))
    }));
    explorer::routes()
        .merge(operator::routes(platform.services.clone(), ticks, operator_token))
        .merge(journal::routes(platform.journal.clone()))
        .merge(mailbox::routes(platform.mailbox.clone()))
        .nest(STRIPE_PATH, platform.stripe.router())
        .merge(linkedin::routes(platform.linkedin.clone()))
        .merge(s3::routes(platform.s3.clone()))
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

/// Where the AWS endpoint listens, and what ends when it does.
async fn serve_aws(
    platform: &Platform,
    port: u16,
    stopping: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), CliError> {
    let listener = listen(port).await?;
    let address = listener.local_addr().map_err(CliError::Io)?;
    let sqs = platform.sqs.clone().with_base_url(&format!("http://{address}"));
    let router = aws_router(platform.dynamodb.clone(), sqs);
    let endpoint = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(told(stopping)).await {
            tracing::error!(%error, "the AWS endpoint stopped");
        }
    });
    Ok((address, endpoint))
}

fn operator_token(platform: &Platform) -> String {
    hexadecimal(platform.services.ids.secret::<24>())
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
    say(&format!("  requests        {url}{} (what each function did lately)", journal::PATH));
    say(&format!("  mailbox         {url}{} (the mail that was sent)", mailbox::PATH));
    say(&format!("  Stripe sandbox  {url}{STRIPE_PATH} (what checkouts and the customer portal lead to)"));
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
