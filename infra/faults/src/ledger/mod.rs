//! Random operations on the ledger, by seed: transfers of every kind, right and wrong, on a table that throttles, conflicts, answers late
//! or not at all, with commands sent twice and dropped half-way. A [`model`] that knows nothing of the table predicts what each comes
//! to and what everybody then has; between them the whole table is held to the ledger's invariants.

mod model;
mod operations;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

pub use world::Outcome;

/// How many operations one world sees before it is left for a new one.
pub const OPERATIONS_OF_A_WORLD: u64 = 2_000;

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The worlds that came to a good end.
    pub worlds: u64,
    /// What happened in them.
    pub total: Outcome,
    /// What failed, by seed.
    pub failures: BTreeMap<u64, String>,
}

impl Outcome {
    /// Adds what happened in another world.
    pub(crate) fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.repeats += other.repeats;
        self.twice += other.twice;
        self.dropped += other.dropped;
        self.requests += other.requests;
        self.rows += other.rows;
        for (code, count) in other.codes {
            *self.codes.entry(code).or_default() += count;
        }
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
    }

    /// How many faults there were.
    pub fn faults(&self) -> u64 {
        self.faults.values().sum()
    }
}

/// One world of a seed, on a runtime of its own with time standing still.
///
/// # Errors
/// What did not come out as predicted, or an invariant that does not hold.
pub fn run_one(seed: u64, operations: u64) -> Result<Outcome, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime can be built");
    let run = || runtime.block_on(world::run(seed, operations));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    })
}

/// At least so many operations in all, in worlds of [`OPERATIONS_OF_A_WORLD`] with the seeds from `seed` on, on every core.
pub fn run(seed: u64, operations: u64, told: impl Fn(&Summary) + Sync) -> Summary {
    let worlds = operations.div_ceil(OPERATIONS_OF_A_WORLD);
    let (next, summary) = (AtomicU64::new(0), Mutex::new(Summary::default()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let world = next.fetch_add(1, Ordering::Relaxed);
                    if world >= worlds {
                        return;
                    }
                    let of_world = OPERATIONS_OF_A_WORLD.min(operations - world * OPERATIONS_OF_A_WORLD);
                    let result = run_one(seed + world, of_world);
                    let mut summary = summary.lock().expect("nobody panics while holding it");
                    match result {
                        Ok(outcome) => {
                            summary.worlds += 1;
                            summary.total.add(outcome);
                        }
                        Err(reason) => drop(summary.failures.insert(seed + world, reason)),
                    }
                    told(&summary);
                }
            });
        }
    });
    summary.into_inner().expect("nobody panicked while holding it")
}
