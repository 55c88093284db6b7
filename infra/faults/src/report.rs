//! `docs/FAULTS.md`: what was run last and what it came to. Nobody edits the page; each command writes its section anew.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::seeds::Summary;
use crate::{ledger, soak};

const HEAD: &str = "# Faults\n\nWritten by the commands that it names; do not edit. What is checked in the end is in \
`infra/faults/src/invariants.rs`: everything\nacknowledged is there once, nothing is there that nobody asked for, one idempotency key has \
one answer, counters and usage are what is counted\nfrom the rows, every event is projected once, every task had its effect once, and \
nothing is stuck or due.\n";

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success());
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// When, of which code, where; to be asked before a run, which takes its time.
pub fn circumstances() -> String {
    let changed =
        !said_by("git", &["status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/FAULTS.md"]).is_empty();
    let commit = said_by("git", &["rev-parse", "--short", "HEAD"]);
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let day = shared::clock::Clock::new(testkit::SystemClock).now().day();
    let changes = if changed { " with changes on top" } else { "" };
    let profile = if cfg!(debug_assertions) { "development" } else { "release" };
    format!("{day}, commit {commit}{changes}, {profile} profile, {cores} cores of {model}, {}", std::env::consts::OS)
}

fn rows(facts: &[(String, String)]) -> String {
    facts.iter().fold("| what | how many |\n|---|---|\n".to_owned(), |mut text, (name, value)| {
        let _ = writeln!(text, "| {name} | {value} |");
        text
    })
}

fn fact(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// The section of a run of seeds.
pub fn of_seeds(summary: &Summary, took: Duration, circumstances: &str) -> String {
    let total = &summary.total;
    let mut facts = vec![
        fact("seeds", summary.seeds),
        fact("requests of founders", total.requests),
        fact("of them repeats after a fault", total.repeats),
        fact("commands acknowledged under an idempotency key, each asked for once more in the end", total.commands),
        fact("requests to AWS and the assistant, and deliveries", total.chances),
        fact("faults", total.faults.values().sum::<u64>()),
    ];
    facts.extend(total.faults.iter().map(|(fault, count)| fact(&format!("fault: {}", fault.description()), count)));
    facts.extend([
        fact("post tasks refused to a repeat that the delayed first attempt created later", total.late_posts),
        fact("rows checked in the end", total.rows),
        fact("duration in seconds", took.as_secs()),
        fact("**failures**", format!("**{}**", summary.failures.len())),
    ]);
    format!(
        "## The main job by seed\n\n`cargo run -p faults -- seeds {}`; {}. Two founders with two devices each do the main job (sign-up,\n\
         organisation, venture, leads one by one and by file, chat, tasks, analyses, cancelling, retrying, deleting) while schedules run.\n\n{}",
        summary.seeds,
        circumstances,
        rows(&facts)
    )
}

/// The section of random operations on the ledger.
pub fn of_ledger(summary: &ledger::Summary, seed: u64, took: Duration, circumstances: &str) -> String {
    let total = &summary.total;
    let mut facts = vec![
        fact("operations", total.operations),
        fact("worlds", summary.worlds),
        fact("tried again for want of an answer", total.repeats),
        fact("sent twice at once", total.twice),
        fact("dropped half-way and repeated", total.dropped),
        fact("requests to the table", total.requests),
        fact("faults", total.faults()),
        fact("rows of the ledger in the end", total.rows),
        fact("duration in seconds", took.as_secs()),
    ];
    facts.extend(total.codes.iter().map(|(code, count)| fact(&format!("result: `{code}`"), count)));
    facts.extend(
        total.faults.iter().map(|(fault, count)| self::fact(&format!("fault: {}", fault.description()), count)),
    );
    facts.push(fact("**failures**", format!("**{}**", summary.failures.len())));
    format!(
        "## Random operations on the ledger\n\n`cargo run -p faults -- ledger --operations {} --seed {seed}`; {}. A model in plain Rust \
         predicts\nthe result and the balances of each; every {} operations make a world of their own, whose whole table is held to the \
         ledger's invariants.\n\n{}",
        total.operations,
        circumstances,
        ledger::OPERATIONS_OF_A_WORLD,
        rows(&facts)
    )
}

/// The section of a soak.
pub fn of_soak(outcome: &soak::Outcome, options: &soak::Options, circumstances: &str) -> String {
    let milliseconds = |duration: Option<&Duration>| duration.map_or(0, Duration::as_millis);
    let mut starts = outcome.restarts.clone();
    starts.sort_unstable();
    let facts = [
        fact("clients at once", options.clients),
        fact("duration under load in seconds", options.time.as_secs()),
        fact("`kill -9`", outcome.restarts.len()),
        fact("from start to first answer in ms, median", milliseconds(starts.get(starts.len() / 2))),
        fact("from start to first answer in ms, longest", milliseconds(starts.last())),
        fact("requests", outcome.requests),
        fact("of them repeats after no answer, or one that asked for it", outcome.repeats),
        fact("commands acknowledged under an idempotency key", outcome.commands),
        fact("of them asked for once more in the end", outcome.repeated_commands),
        fact("rows checked in the end", outcome.rows),
        fact("**lost, doubled, stuck or miscounted**", format!("**{}**", outcome.violations.len())),
    ];
    format!(
        "## The soak\n\n`cargo run -p faults -- soak --minutes {} --kill-every {}`; {}. The real program on a data directory, at full \
         load over\nHTTP, killed again and again; clients repeat what had no answer under the same key.\n\n{}",
        options.time.as_secs_f64() / 60.0,
        options.kill_every.as_secs(),
        circumstances,
        rows(&facts)
    )
}

/// Puts a section into the page in the place of the last one of its title.
///
/// # Errors
/// When the page cannot be written.
pub fn write(page: &Path, section: &str) -> std::io::Result<()> {
    let old = std::fs::read_to_string(page).unwrap_or_default();
    let title = section.lines().next().unwrap_or_default();
    let mut sections = old.split("\n## ").skip(1).map(|rest| format!("## {}", rest.trim_end())).collect::<Vec<_>>();
    sections.retain(|other| !other.starts_with(title));
    sections.push(section.trim_end().to_owned());
    sections.sort();
    std::fs::write(page, format!("{HEAD}\n{}\n", sections.join("\n\n")))
}
