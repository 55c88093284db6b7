//! Transfers a second that a shared account takes of DynamoDB, by the number of its parts.

use std::fmt::Write;
use std::time::Duration;

use shared::id::Ids;
use shared::ledger::{Ledger, LedgerError};
use shared::services::Services;
use shared_lambda::Error;
use testkit::{Cloud, SeededEntropy};
use tokio::time::Instant;

use super::load::Load;
use super::partitions::Partitions;

/// For how long each number of parts is simulated.
const TIME: Duration = Duration::from_secs(5);
/// How many pay at once: each waits for its answer before it pays again.
const CLIENTS: u64 = 64;

/// The table of what was simulated.
pub(super) fn section() -> Result<String, Error> {
    let mut text = format!(
        "### Simulated\n\n{CLIENTS} clients pay into one account at once, each from a wallet of its own, for {} seconds of a clock that \
         stands still meanwhile. The\ntable answers a request after 3 to 8 ms, cancels a transaction while another is at one of its \
         items, and takes 1,000 write units a second of\neach partition. `wallets` is the same without a common account.\n\n\
         | parts of the account | transfers a second | p50 ms | p99 ms | cancelled: another was at it | cancelled: no units left | conflicts told to the caller |\n\
         |---|---|---|---|---|---|---|\n",
        TIME.as_secs()
    );
    for parts in [1, 2, 4, 8] {
        row(&mut text, &parts.to_string(), Load::Shared, parts)?;
    }
    row(&mut text, "wallets", Load::Distinct, 1)?;
    Ok(text)
}

fn row(text: &mut String, name: &str, load: Load, parts: u8) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let (mut times, refused, (throttled, conflicts)) = runtime.block_on(simulate(load, parts))?;
    times.sort_unstable();
    let rank = |per_cent: usize| {
        let place = times.len().saturating_mul(per_cent).div_ceil(100).saturating_sub(1);
        times.get(place).copied().unwrap_or_default().as_millis()
    };
    let a_second = times.len() as f64 / TIME.as_secs_f64();
    let (p50, p99) = (rank(50), rank(99));
    Ok(writeln!(text, "| {name} | {a_second:.0} | {p50} | {p99} | {conflicts} | {throttled} | {refused} |")?)
}

type Simulated = (Vec<Duration>, u64, (u64, u64));

async fn simulate(load: Load, parts: u8) -> Result<Simulated, Error> {
    let dynamodb = Cloud::table();
    let partitions = Partitions::new(dynamodb.clone());
    load.fund(&Cloud::through(dynamodb.clone(), dynamodb.clone()).services, CLIENTS).await?;
    let services = Cloud::through(dynamodb, partitions.clone()).services;
    // What was funded drew its ids from the same seed.
    let services = Services { ids: Ids::new(services.clock.clone(), SeededEntropy::new(2)), ..services };
    let end = Instant::now() + TIME;
    let running = (0..CLIENTS).map(|client| {
        let services = services.clone();
        async move {
            let (ledger, mut times, mut refused, mut back) =
                (Ledger::new(&services).with_parts(parts), Vec::new(), 0_u64, false);
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
        }
    });
    let (mut times, mut refused) = (Vec::new(), 0_u64);
    for outcome in futures_util::future::join_all(running).await {
        let (more, also) = outcome?;
        times.extend(more);
        refused = refused.saturating_add(also);
    }
    Ok((times, refused, partitions.turned_away()))
}
