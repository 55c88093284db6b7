//! `kill -9` in mid-load: whatever was acknowledged is there afterwards, nothing happened twice, and the figures agree. The soak for ten
//! seconds; `cargo run -p faults -- soak` goes on for ten minutes.

use std::time::Duration;

use faults::soak;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice() {
    let (time, kill_every) = (Duration::from_secs(9), Duration::from_secs(3));
    let options = soak::Options { program: env!("CARGO_BIN_EXE_groundwork").into(), time, kill_every, clients: 4 };
    let outcome = soak::run(&options, |_| {}).await;
    assert!(outcome.violations.is_empty(), "{:#?}", outcome.violations);
    assert!(outcome.restarts.len() >= 2 && outcome.commands > 10, "too little load: {outcome:?}");
}
