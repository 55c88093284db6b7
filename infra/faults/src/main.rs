//! `cargo run -p faults -- seeds 500` and `cargo run -p faults -- soak`: faults at scale, with their result in `docs/FAULTS.md`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::Duration;

use clap::{Parser, Subcommand};
use faults::{ledger, report, seeds, soak};
use tokio::time::Instant;

/// The platform on its bad days, at scale.
#[derive(Debug, Parser)]
#[command(name = "faults", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Commands,
    /// Do not write docs/FAULTS.md.
    #[arg(long, global = true)]
    dry: bool,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// Run the main job under the faults of this many seeds, on every core.
    Seeds {
        /// How many.
        count: u64,
    },
    /// Run one seed, such as one that failed, and tell what came of it.
    Seed {
        /// Which.
        seed: u64,
    },
    /// Try random operations on the ledger, each of which a model predicts, on every core.
    Ledger {
        /// How many.
        #[arg(long, default_value_t = 1_000_000)]
        operations: u64,
        /// The seed of the first world; each next one has the next.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Drive the real program at full load and kill it again and again.
    Soak {
        /// For how long.
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// How often it is killed, in seconds.
        #[arg(long, default_value_t = 20)]
        kill_every: u64,
        /// How many founders there are at once.
        #[arg(long, default_value_t = 8)]
        clients: usize,
    },
}

fn main() -> ExitCode {
    let Cli { command, dry } = Cli::parse();
    let circumstances = report::circumstances();
    let (section, fine) = match command {
        Commands::Seeds { count } => run_seeds(count, &circumstances),
        Commands::Seed { seed } => {
            let outcome = seeds::run_one(seed);
            match &outcome {
                Ok(outcome) => println!("seed {seed} is fine: {outcome:#?}"),
                Err(reason) => println!("seed {seed} failed:\n{reason}"),
            }
            return if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Commands::Ledger { operations, seed } => run_ledger(operations, seed, &circumstances),
        Commands::Soak { minutes, kill_every, clients } => {
            let (time, kill_every) = (Duration::from_secs_f64(minutes * 60.0), Duration::from_secs(kill_every));
            run_soak(&soak::Options { program: program(), time, kill_every, clients }, &circumstances)
        }
    };
    println!("\n{section}");
    // A failure is to be mended, not to be written down.
    if fine && !dry {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/FAULTS.md");
        report::write(&page, &section).expect("the page can be written");
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_seeds(count: u64, circumstances: &str) -> (String, bool) {
    // Failures are told with their seeds.
    std::panic::set_hook(Box::new(|_| {}));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime can be built");
    let _entered = runtime.enter();
    let (began, told) = (Instant::now(), Mutex::new(Instant::now()));
    let summary = seeds::run(1..=count, |summary, failure| {
        if let Some((seed, reason)) = failure {
            println!("\nseed {seed} failed; `cargo run -p faults -- seed {seed}` repeats it:\n{reason}\n");
        }
        let mut told = told.lock().expect("nobody panics while holding it");
        if told.elapsed() >= Duration::from_secs(5) || summary.seeds == count {
            *told = Instant::now();
            println!(
                "{} of {count} seeds after {} s, {} failed",
                summary.seeds,
                began.elapsed().as_secs(),
                summary.failures.len()
            );
        }
    });
    if !summary.failures.is_empty() {
        println!("failed: {:?}", summary.failures.keys().collect::<Vec<_>>());
    }
    (report::of_seeds(&summary, began.elapsed(), circumstances), summary.failures.is_empty())
}

fn run_ledger(operations: u64, seed: u64, circumstances: &str) -> (String, bool) {
    std::panic::set_hook(Box::new(|_| {}));
    let (began, told) = (Instant::now(), Mutex::new((Instant::now(), 0)));
    let summary = ledger::run(seed, operations, |summary| {
        let mut told = told.lock().expect("nobody panics while holding it");
        if summary.failures.len() > told.1 {
            told.1 = summary.failures.len();
            if let Some((seed, reason)) = summary.failures.iter().next_back() {
                println!(
                    "\nthe world of seed {seed} failed; `cargo run -p faults -- ledger --operations {} --seed {seed}` repeats it:\n{reason}\n",
                    ledger::OPERATIONS_OF_A_WORLD
                );
            }
        }
        if told.0.elapsed() >= Duration::from_secs(30) {
            told.0 = Instant::now();
            println!("{} operations after {} s", summary.total.operations, began.elapsed().as_secs());
        }
    });
    (report::of_ledger(&summary, seed, began.elapsed(), circumstances), summary.failures.is_empty())
}

fn run_soak(options: &soak::Options, circumstances: &str) -> (String, bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be built");
    let outcome = runtime.block_on(soak::run(options, |line| println!("{line}")));
    for violation in &outcome.violations {
        println!("{violation}");
    }
    (report::of_soak(&outcome, options, circumstances), outcome.violations.is_empty())
}

/// The program, built as this one was and lying beside it.
fn program() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let built = Command::new(cargo)
        .args(["build", "--package", "groundwork", "--bin", "groundwork", "--profile", profile])
        .status();
    assert!(built.expect("cargo runs").success(), "the program cannot be built");
    let beside = std::env::current_exe().expect("a program has a path");
    beside.with_file_name(format!("groundwork{}", std::env::consts::EXE_SUFFIX))
}
