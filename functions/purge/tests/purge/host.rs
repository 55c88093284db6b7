//! The function's binary as Lambda runs it.

use serde_json::json;
use shared::id::OrganizationId;
use shared::model::organization::{Deletion, Organization};
use shared::plan::PlanName;
use testkit::FunctionHost;

use crate::support::DAY;

#[tokio::test]
async fn its_schedule_starts_it() {
    let host = FunctionHost::start("purge", env!("CARGO_BIN_EXE_purge")).await;
    let (services, now) = (&host.cloud.services, host.cloud.services.clock.now());
    let organization = |id: OrganizationId, deleted_at| Organization {
        id,
        name: "Engines".to_owned(),
        industry: None,
        personal: false,
        plan: PlanName::Free,
        created_at: deleted_at,
        deletion: Some(Deletion { at: deleted_at, purged: None }),
        require_second_factor: false,
    };
    let due = organization(services.ids.next(), now.minus(DAY * 31));
    let fresh = organization(services.ids.next(), now.minus(DAY * 29));
    host.cloud
        .write(|transaction| {
            transaction.create(due.clone());
            transaction.create(fresh.clone());
        })
        .await;

    assert_eq!(
        host.schedule_cases(now).await,
        json!({ "purged": 1, "erased": 0, "files": 0, "rows": 1, "unfinished": false })
    );
    let found = async |id| services.store.get::<Organization>(&Organization::key_of(id)).await.unwrap().is_some();
    assert!(!found(due.id).await && found(fresh.id).await);
    let again = host.invoke(host.schedule_event(now)).await;
    assert_eq!(again, json!({ "purged": 0, "erased": 0, "files": 0, "rows": 0, "unfinished": false }));
}
