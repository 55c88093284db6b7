//! A function's binary as a process of its own.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::FunctionError;
use super::server::Invocations;

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
    address: SocketAddr,
    invocations: Arc<Invocations>,
    bootstrap: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> io::Result<Function> {
    let mut command = Command::new(bootstrap);
    command
        .env_clear()
        .envs(lambda_environment(address))
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn()?;
    invocations.mend();
    let log = Arc::new(Mutex::new(Vec::new()));
    let output = child.stdout.take().map(|pipe| keep_lines(pipe, Arc::clone(&log)));
    let errors = child.stderr.take().map(|pipe| keep_lines(pipe, Arc::clone(&log)));
    let (report, exited) = oneshot::channel();
    let watch = tokio::spawn(async move {
        let status = child.wait().await.ok();
        for lines in output.into_iter().chain(errors) {
            // What it wrote last is to be seen by whoever is told of its end.
            let _ = lines.await;
        }
        let described = status.map_or_else(|| "unknown status".to_owned(), |status| status.to_string());
        let message = format!("Runtime exited with error: {described}");
        invocations.break_with(&FunctionError::new("Runtime.ExitError", message));
        let _ = report.send(status);
    });
    Ok(Function { log, exited: Some(exited), watch })
}

/// The variables that Lambda sets for every function, as far as a runtime or an SDK reads them.
fn lambda_environment(address: SocketAddr) -> [(&'static str, String); 16] {
    [
        ("AWS_LAMBDA_RUNTIME_API", address.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "local".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/local".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]local".to_owned()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_SESSION_TOKEN", "local".to_owned()),
        ("_HANDLER", "bootstrap".to_owned()),
        ("TZ", ":UTC".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
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
