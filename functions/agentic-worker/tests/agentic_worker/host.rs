//! The function's binary as Lambda runs it.

use shared::id::OrganizationId;
use shared::model::agentic_run::AgenticRun;
use shared::model::lead::LeadStatus;
use shared::plan::PlanName;
use testkit::FunctionHost;

use crate::runs::message;

#[tokio::test]
async fn it_works_off_its_queue() {
    let host = FunctionHost::start("agentic-worker", env!("CARGO_BIN_EXE_agentic-worker")).await;
    let slot = host.cloud.services.clock.now().hour();
    let mut organizations: Vec<OrganizationId> = Vec::new();
    for name in ["Ada", "Grace"] {
        let id = host.cloud.caller(name).await.organization_id;
        host.cloud.set_plan(id, PlanName::Pro).await;
        host.cloud.lead(id, "Alan", LeadStatus::Contacted, 8).await;
        organizations.push(id);
    }
    let bodies = organizations.iter().map(|id| message(id, &slot)).collect::<Vec<_>>();
    host.queue_cases(&bodies).await;
    for id in organizations {
        let run = host.cloud.services.store.get::<AgenticRun>(&AgenticRun::key_of(id, &slot)).await.unwrap().unwrap();
        assert_eq!((run.value.insights.len(), run.value.actions.len()), (2, 2), "{run:?}");
    }
}
