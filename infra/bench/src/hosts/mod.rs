//! How long every function takes to start and to answer, and what memory it holds, beside programs that do nothing.

mod exchange;
mod subject;

use std::fs::DirEntry;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use shared_lambda::Error;
use testkit::runtime_api::{Function, RuntimeApi};
use tokio::time::Instant;

use exchange::Exchange;
use subject::{Subject, World};

/// How many invocations one function gets before it is the next one's turn.
const TURN: u32 = 100;
/// After how many invocations a function's memory is looked at again.
const SETTLED: u32 = 1000;

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    starts: u32,
    invocations: u32,
    programs: Vec<Program>,
}

/// What was measured of one binary.
#[derive(Debug, Serialize)]
struct Program {
    name: String,
    /// `http` or `job`.
    kind: &'static str,
    /// Whether it is one of the programs that do nothing.
    empty: bool,
    /// From before the process is started until its first response is there, of an event that needs no store.
    start_ms: Vec<f64>,
    /// The same of an event that needs the store, which is on loopback.
    start_with_store_ms: Vec<f64>,
    /// The memory after the first response.
    memory_first: Memory,
    /// The memory after a thousand invocations.
    memory_settled: Memory,
    /// Invocations of a path that is not there; of an event that holds nothing to do.
    warm_nothing: Summary,
    /// Requests of a signed-in caller whose input or right is refused: the token is verified, the store is not asked.
    warm_refused: Option<Summary>,
}

/// A process's resident memory, in KiB.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Memory {
    resident_kib: u64,
    peak_kib: u64,
}

/// Times in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Summary {
    median_us: f64,
    p99_us: f64,
}

/// A function that runs and what invokes it.
struct Running {
    name: String,
    lambda: RuntimeApi,
    /// The process ends with this.
    _function: Function,
}

impl Running {
    async fn start(subject: &Subject) -> Result<Self, Error> {
        let lambda = RuntimeApi::new().with_streaming(subject.streams);
        let function = lambda.spawn(&subject.binary, subject.environment.clone())?;
        Ok(Self { name: subject.name.clone(), lambda, _function: function })
    }

    /// How long the invocation takes.
    async fn time(&self, exchange: &Exchange) -> Result<Duration, Error> {
        let event = exchange.event.clone();
        let began = Instant::now();
        let outcome = self.lambda.invoke(event).await;
        let elapsed = began.elapsed();
        exchange.check(&self.name, outcome)?;
        Ok(elapsed)
    }
}

/// Measures all functions of the template, whose binaries are in this directory.
pub(crate) fn measure(binaries: &Path, starts: u32, invocations: u32) -> Result<Measured, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let world = World::new().await?;
        let subjects = world.subjects(binaries)?;
        let mut programs: Vec<Program> = subjects.iter().map(Program::of).collect();
        // In turns, so that whatever else the machine does meanwhile meets all of them alike. The first round only fills the page cache.
        for round in 0..=starts {
            for (subject, program) in subjects.iter().zip(&mut programs) {
                let (start, memory) = first_response(subject, &subject.nothing).await?;
                let stored = match world.stored(subject).await? {
                    Some(exchange) => Some(first_response(subject, &exchange).await?.0),
                    None => None,
                };
                if round > 0 {
                    program.start_ms.push(milliseconds(start));
                    program.start_with_store_ms.extend(stored.map(milliseconds));
                    program.memory_first = memory;
                }
            }
        }
        invoke_warm(&subjects, &mut programs, invocations).await?;
        Ok(Measured { starts, invocations, programs })
    })
}

/// From before the process is started until its first response, and the memory it holds then.
async fn first_response(subject: &Subject, exchange: &Exchange) -> Result<(Duration, Memory), Error> {
    let lambda = RuntimeApi::new().with_streaming(subject.streams);
    let (environment, event) = (subject.environment.clone(), exchange.event.clone());
    let began = Instant::now();
    let _function = lambda.spawn(&subject.binary, environment)?;
    let outcome = lambda.invoke(event).await;
    let elapsed = began.elapsed();
    exchange.check(&subject.name, outcome)?;
    Ok((elapsed, Memory::of(&subject.binary)?))
}

/// Invokes all of them, in turns.
async fn invoke_warm(subjects: &[Subject], programs: &mut [Program], invocations: u32) -> Result<(), Error> {
    let mut running = Vec::new();
    for subject in subjects {
        running.push((Running::start(subject).await?, Vec::new(), Vec::new()));
    }
    for turn in 0..invocations.div_ceil(TURN) {
        for ((subject, program), (running, nothing, refused)) in
            subjects.iter().zip(programs.iter_mut()).zip(&mut running)
        {
            // The first of a turn finds everything asleep, which is not what is asked.
            running.time(&subject.nothing).await?;
            for _ in 0..TURN {
                nothing.push(microseconds(running.time(&subject.nothing).await?));
            }
            if turn.saturating_add(1).saturating_mul(TURN) == SETTLED.min(invocations) {
                program.memory_settled = Memory::of(&subject.binary)?;
            }
            if let Some(exchange) = &subject.refused {
                running.time(exchange).await?;
                for _ in 0..TURN {
                    refused.push(microseconds(running.time(exchange).await?));
                }
            }
        }
    }
    for (program, (_, nothing, refused)) in programs.iter_mut().zip(running) {
        program.warm_nothing = Summary::of(nothing);
        program.warm_refused = (!refused.is_empty()).then(|| Summary::of(refused));
    }
    Ok(())
}

impl Program {
    fn of(subject: &Subject) -> Self {
        Self {
            name: subject.name.clone(),
            kind: if subject.is_http { "http" } else { "job" },
            empty: subject.is_empty,
            start_ms: Vec::new(),
            start_with_store_ms: Vec::new(),
            memory_first: Memory::default(),
            memory_settled: Memory::default(),
            warm_nothing: Summary::of(Vec::new()),
            warm_refused: None,
        }
    }
}

impl Memory {
    /// What Linux says of the process that we started from this binary.
    fn of(binary: &Path) -> Result<Self, Error> {
        let binary = binary.canonicalize()?;
        let parent = format!("PPid:\t{}\n", std::process::id());
        let status_of = |process: &DirEntry| {
            let is_it = std::fs::read_link(process.path().join("exe")).is_ok_and(|running| running == binary);
            let status = is_it.then(|| std::fs::read_to_string(process.path().join("status")).ok())?;
            status.filter(|status| status.contains(&parent))
        };
        let mut processes = std::fs::read_dir("/proc")?.filter_map(Result::ok);
        let status = processes.find_map(|process| status_of(&process)).ok_or("the function has ended")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("a field is missing in /proc")?;
            Ok::<u64, Error>(line.trim().trim_end_matches("kB").trim().parse()?)
        };
        Ok(Self { resident_kib: field("VmRSS:")?, peak_kib: field("VmHWM:")? })
    }
}

impl Summary {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let rank = |per_cent: usize| {
            let place = times.len().saturating_mul(per_cent).div_ceil(100).saturating_sub(1);
            times.get(place).copied().unwrap_or_default()
        };
        Self { median_us: rank(50), p99_us: rank(99) }
    }
}

fn milliseconds(time: Duration) -> f64 {
    microseconds(time) / 1000.0
}

fn microseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let summary = Summary::of((1..=200).rev().map(f64::from).collect());
        assert_eq!((summary.median_us, summary.p99_us), (100.0, 198.0));
        let one = Summary::of(vec![7.0]);
        assert_eq!((one.median_us, one.p99_us), (7.0, 7.0));
    }
}
