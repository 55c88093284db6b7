//! A purge on a table that has bad days: the same end, whatever happens on the way.

use std::time::Duration;

use futures_util::future::join;
use purge::handle;
use testkit::{Cloud, FaultPlan};
use tokio::time::advance;

use crate::support::{DAY, TIME, deps, organization, rows_of};

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_remove_everything_once_under_every_seed() {
    for seed in 0..6 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let (id, there) = (organization(&calm, true).await, organization(&calm, false).await);
        let others = rows_of(&calm, there);
        advance(DAY * 31).await;
        for attempt in 0.. {
            assert!(attempt < 40, "seed {seed}: no end");
            let deps = deps(&cloud);
            let now = cloud.services.clock.now();
            drop(join(handle(&deps, now, TIME), handle(&deps, now, TIME)).await);
            // Before the event that tells of it, the organisation itself is what is left.
            if let [last] = rows_of(&calm, id).as_slice()
                && !last["data"].is_null()
            {
                break;
            }
            advance(Duration::from_secs(60)).await;
        }
        // What was sent and never answered may land yet.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let left = rows_of(&calm, id);
        assert_eq!(left.len(), 1, "seed {seed}: {left:?}");
        let counts = ["leads", "ventures"].map(|name| left[0]["data"]["M"][name]["N"].clone());
        assert_eq!(counts, ["130", "3"], "seed {seed}: each row counts once");
        assert_eq!(rows_of(&calm, there), others, "seed {seed}");
    }
}
