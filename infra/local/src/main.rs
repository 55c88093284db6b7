//! `cargo run`: the whole platform on embedded defaults.

use std::process::ExitCode;

use clap::Parser;
use groundwork::cli::Cli;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    // A missing file is the usual case; a broken one is reported by what it fails to set.
    drop(dotenvy::dotenv());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is the program's output")]
fn report(error: &groundwork::cli::CliError) {
    eprintln!("error: {error}");
}
