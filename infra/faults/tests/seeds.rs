//! The main job under the faults of a few seeds; `cargo run -p faults -- seeds 500` runs more.

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
