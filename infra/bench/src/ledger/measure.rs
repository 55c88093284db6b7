//! Transfers a second on this machine's embedded DynamoDB, in memory.

use std::fmt::Write;
use std::time::Duration;

use embedded::Execution;
use shared::ledger::{Ledger, LedgerError};
use shared::services::Services;
use shared_lambda::Error;
use testkit::Cloud;
use tokio::time::Instant;

use super::load::Load;

/// For how long each load is measured.
const TIME: Duration = Duration::from_secs(10);

struct Measured {
    times: Vec<Duration>,
    refused: usize,
}

/// The table of what was measured.
pub(super) fn section() -> Result<String, Error> {
    let profile = if cfg!(debug_assertions) { "development" } else { "release" };
    let mut text = format!(
        "### Measured\n\nThe embedded DynamoDB in memory, which does one thing at a time, behind the real SDK in one process of the \
         {profile} profile; ten\nseconds each. What is answered with a conflict was overtaken sixteen times and is for the caller to \
         repeat.\n\n| transfers meet at | at once | transfers a second | p50 ms | p99 ms | conflicts |\n|---|---|---|---|---|---|\n"
    );
    for load in [Load::Distinct, Load::Shared, Load::OneWallet] {
        for clients in [1, 16] {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let Measured { mut times, refused } = runtime.block_on(measure(load, clients))?;
            times.sort_unstable();
            let rank = |per_cent: usize| {
                let place = times.len().saturating_mul(per_cent).div_ceil(100).saturating_sub(1);
                times.get(place).copied().unwrap_or_default().as_secs_f64() * 1000.0
            };
            let a_second = times.len() as f64 / TIME.as_secs_f64();
            let (p50, p99) = (rank(50), rank(99));
            writeln!(text, "| {} | {clients} | {a_second:.0} | {p50:.1} | {p99:.1} | {refused} |", load.name())?;
        }
    }
    Ok(text)
}

async fn measure(load: Load, clients: u64) -> Result<Measured, Error> {
    let live = Cloud::live();
    let client = Cloud::client(&live.dynamodb, live.dynamodb.clone().with_execution(Execution::BlockingPool));
    let Services { clock, ids, config, .. } = live.services.clone();
    let services = Services::new(client, clock, ids, shared::config::PlatformConfig::clone(&config));
    load.fund(&services, clients).await?;
    let end = Instant::now() + TIME;
    let running = (0..clients).map(|client| {
        let services = services.clone();
        tokio::spawn(async move {
            let (ledger, mut times, mut refused, mut back) = (Ledger::new(&services), Vec::new(), 0_usize, false);
            while Instant::now() < end {
                let began = Instant::now();
                match load.send(&ledger, &services, client, back).await {
                    Ok(()) => times.push(began.elapsed()),
                    Err(LedgerError::Store(_)) => refused = refused.saturating_add(1),
                    Err(error) => return Err(error),
                }
                back = !back;
            }
            Ok((times, refused))
        })
    });
    let mut whole = Measured { times: Vec::new(), refused: 0 };
    for task in running.collect::<Vec<_>>() {
        let (times, refused) = task.await??;
        whole.times.extend(times);
        whole.refused = whole.refused.saturating_add(refused);
    }
    Ok(whole)
}
