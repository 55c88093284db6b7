//! `cargo run`: the whole platform on embedded defaults.

use std::process::ExitCode;

use clap::Parser;
use groundwork::cli::Cli;
use groundwork::terminal;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    // A missing file is the usual case; a broken one is reported by what it fails to set.
    drop(dotenvy::dotenv());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    // A log that nobody can read any more must not end the platform, as reporting it on the same closed pipe would.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.log_internal_errors(false).init();
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::report(&error);
            ExitCode::FAILURE
        }
    }
}
