//! What the benchmarks need of Rust: the functions' binaries measured, and the two servers of the comparison with other frameworks. The
//! scripts beside it (`hosts`, `flows`, `compare`) build and call it; docs/BENCHMARKS.md says what is measured and how.

mod hosts;
mod ledger;
mod serve;
mod store;

use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use shared_lambda::Error;

/// Measures functions, and serves what is compared with other frameworks.
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start every function's binary again and again, and print how long that and its invocations take, as JSON.
    Hosts {
        /// Where the binaries are.
        #[arg(long, value_name = "DIRECTORY")]
        binaries: PathBuf,
        /// How often each binary is started, once without and once with the table.
        #[arg(long, default_value_t = 21)]
        starts: u32,
        /// How often each binary is invoked when it is warm, of each kind of invocation.
        #[arg(long, default_value_t = 2000)]
        invocations: u32,
    },
    /// Answer DynamoDB requests on a free loopback port, with the template's table and copies of it.
    Store {
        /// The name of a copy: a table of the same keys, indexes and stream.
        #[arg(long = "copy", value_name = "TABLE")]
        copies: Vec<String>,
    },
    /// Measure how many transfers the ledger makes a second, simulate how many it makes on DynamoDB, and write docs/LEDGER.md.
    Ledger {
        /// Only print it.
        #[arg(long)]
        dry: bool,
    },
    /// Serve the routes of auth and crm on a free loopback port, with the environment and the connections that functions have on Lambda.
    Serve,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match Cli::parse().command {
        Command::Hosts { binaries, starts, invocations } => {
            // Measured on a thread of its own with a runtime of one thread, so that nothing is handed from thread to thread meanwhile.
            let measured = tokio::task::spawn_blocking(move || hosts::measure(&binaries, starts, invocations));
            say(&serde_json::to_string_pretty(&measured.await??)?)
        }
        Command::Ledger { dry } => tokio::task::spawn_blocking(move || ledger::run(dry)).await?,
        Command::Store { copies } => store::serve(&copies).await,
        Command::Serve => serve::serve().await,
    }
}

/// Prints a line, at once: a script waits for it.
fn say(line: &str) -> Result<(), Error> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}
