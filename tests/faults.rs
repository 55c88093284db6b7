//! The founder's loop on DynamoDB's bad days: whatever is throttled, lost or done twice, the end is the same.

use testkit::FaultPlan;

use crate::harness::TestPlatform;
use crate::main_job;

/// How many seeds `cargo test` runs; `GROUNDWORK_FAULT_SEEDS=500 cargo test -p tests faults` runs more.
const SEEDS: u64 = 50;

#[tokio::test(start_paused = true)]
async fn the_end_is_the_same_under_every_seed() {
    let platform = TestPlatform::start().await;
    let founder = main_job::run(&platform).await;
    let expected = main_job::outcome(&platform, &founder).await;
    let seeds = std::env::var("GROUNDWORK_FAULT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    for seed in 1..=seeds {
        let platform = TestPlatform::with_faults(FaultPlan::seeded(seed)).await;
        let founder = main_job::run(&platform).await;
        // What a crash or a busy table left behind is found by the sweep.
        for _ in 0..15 {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            drop(platform.tick("sweep").await);
            platform.settle().await;
        }
        let outcome = main_job::outcome(&platform, &founder).await;
        assert_eq!(outcome, expected, "seed {seed}");
    }
}
