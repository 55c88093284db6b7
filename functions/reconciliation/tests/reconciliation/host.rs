//! The job's binary as Lambda runs it.

use testkit::FunctionHost;

#[tokio::test]
async fn it_runs_on_its_schedule() {
    let host = FunctionHost::start("reconciliation", env!("CARGO_BIN_EXE_reconciliation")).await;
    let now = host.cloud.services.clock.now();
    host.schedule_cases(now).await;
}
