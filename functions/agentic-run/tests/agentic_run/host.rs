//! The function's binary as Lambda runs it.

use std::collections::BTreeSet;

use serde_json::json;
use shared::plan::PlanName;
use shared::queue::AgenticMessage;
use testkit::FunctionHost;

const AGENTIC: &str = "groundwork-local-agentic";

#[tokio::test]
async fn its_schedule_starts_it() {
    let host = FunctionHost::start("agentic-run", env!("CARGO_BIN_EXE_agentic-run")).await;
    let mut above_free = BTreeSet::new();
    for (name, plan) in [("Ada", PlanName::Pro), ("Grace", PlanName::Enterprise), ("Alan", PlanName::Free)] {
        let id = host.cloud.caller(name).await.organization_id;
        host.cloud.set_plan(id, plan).await;
        if plan.is_above_free() {
            above_free.insert(id);
        }
    }
    let time = "2026-11-20T09:59:59Z".parse().unwrap();
    let sent = || host.bodies(AGENTIC).into_iter().map(|body| serde_json::from_str::<AgenticMessage>(&body).unwrap());
    let summary = json!({ "slot": "2026-11-20T09", "organizations": 2 });
    assert_eq!(host.schedule_cases(time).await, summary);
    assert_eq!(sent().map(|message| message.organization_id).collect::<BTreeSet<_>>(), above_free);
    assert!(sent().all(|message| message.slot == "2026-11-20T09"));
    assert_eq!(host.invoke(host.schedule_event(time)).await, summary, "the same occasion again is the same hour");
    assert!(sent().all(|message| message.slot == "2026-11-20T09"));
}
