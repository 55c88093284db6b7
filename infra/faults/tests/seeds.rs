//! The main job, and the ledger, under the faults of a few seeds; `cargo run -p faults -- seeds 500` and `… ledger` run more.

/// How many seeds `cargo test` runs.
const SEEDS: u64 = 10;

#[test]
fn the_main_job_comes_to_a_good_end_under_every_seed() {
    let summary = faults::seeds::run(1..=SEEDS, |_, _| {});
    assert!(summary.failures.is_empty(), "repeat one by `cargo run -p faults -- seed …`: {:#?}", summary.failures);
    assert_eq!(summary.seeds, SEEDS);
    let happened = summary.total.faults.len();
    assert!(happened >= 20, "only {happened} kinds of faults happened: {:?}", summary.total.faults);
}

/// How many operations on the ledger `cargo test` tries.
const OPERATIONS: u64 = 10_000;

#[test]
fn the_ledger_does_what_the_model_predicts() {
    let summary = faults::ledger::run(1, OPERATIONS, |_| {});
    assert!(summary.failures.is_empty(), "repeat one by `cargo run -p faults -- ledger …`: {:#?}", summary.failures);
    assert_eq!(summary.total.operations, OPERATIONS);
    let (codes, happened) = (summary.total.codes.len(), summary.total.faults.len());
    assert!(codes >= 20, "only {codes} kinds of results came: {:?}", summary.total.codes);
    assert!(happened >= 8, "only {happened} kinds of faults happened: {:?}", summary.total.faults);
}
