//! A function's binary as a process of its own.

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::FunctionError;
use super::server::{Instance, Invocations, router};

/// A function that runs. Dropping it kills the process.
#[derive(Debug)]
pub struct Function {
    log: Arc<Mutex<Vec<String>>>,
    exited: Option<oneshot::Receiver<Option<ExitStatus>>>,
    watch: JoinHandle<()>,
}

impl Function {
    /// Every line that the process has written so far to its standard output and its standard error.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the process to end by itself; its status, if the operating system tells.
    pub async fn exited(&mut self) -> Option<ExitStatus> {
        match self.exited.take() {
            Some(exited) => exited.await.ok().flatten(),
            None => None,
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // The task owns the process, which is killed with it.
        self.watch.abort();
    }
}

pub(super) fn spawn(
    invocations: &Arc<Invocations>,
    bootstrap: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> io::Result<Function> {
    let mut command = Command::new(bootstrap);
    command
        .env_clear()
        .envs(lambda_environment())
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut running = start(&mut command, invocations, &log)?;
    invocations.mend();
    let (report, exited) = oneshot::channel();
    let (invocations, lines) = (Arc::clone(invocations), Arc::clone(&log));
    let watch = tokio::spawn(async move {
        let status = loop {
            tokio::select! {
                status = running.child.wait() => break status.ok(),
                () = running.instance.killed() => {}
            }
            // Lambda ends a process whose time is up, and starts another one for the next invocation.
            let _ = running.child.kill().await;
            running.written().await;
            running = match start(&mut command, &invocations, &lines) {
                Ok(running) => running,
                Err(_) => break None,
            };
        };
        // What it wrote last is to be seen by whoever is told of its end.
        running.written().await;
        let described = status.map_or_else(|| "unknown status".to_owned(), |status| status.to_string());
        let message = format!("Runtime exited with error: {described}");
        invocations.break_with(&FunctionError::new("Runtime.ExitError", message));
        let _ = report.send(status);
    });
    Ok(Function { log, exited: Some(exited), watch })
}

/// A process with its Runtime API.
struct Process {
    child: Child,
    instance: Arc<Instance>,
    server: JoinHandle<io::Result<()>>,
    output: Vec<JoinHandle<()>>,
}

impl Process {
    /// Waits until all that the process wrote is kept.
    async fn written(&mut self) {
        for lines in self.output.drain(..) {
            let _ = lines.await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn start(command: &mut Command, invocations: &Arc<Invocations>, log: &Arc<Mutex<Vec<String>>>) -> io::Result<Process> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    let instance = Arc::new(Instance::default());
    let router = router(Arc::clone(invocations), Arc::clone(&instance));
    let mut child = command.env("AWS_LAMBDA_RUNTIME_API", address.to_string()).spawn()?;
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let output = child.stdout.take().map(|pipe| keep_lines(pipe, Arc::clone(log)));
    let errors = child.stderr.take().map(|pipe| keep_lines(pipe, Arc::clone(log)));
    Ok(Process { child, instance, server, output: output.into_iter().chain(errors).collect() })
}

/// The variables that Lambda sets for every function, as far as a runtime or an SDK reads them.
fn lambda_environment() -> [(&'static str, &'static str); 15] {
    [
        ("AWS_LAMBDA_FUNCTION_NAME", "local"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/local"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]local"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ]
}

fn keep_lines(pipe: impl AsyncRead + Send + Unpin + 'static, log: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    })
}
