//! `GET /api/files/storage`

use serde_json::json;
use shared::plan::PlanName;

use crate::support::World;

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_shown_against_the_plan() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let storage = async || world.send(&ada, "GET", "/api/files/storage").await.expect(200);
    let nothing = json!({"files": 0, "includedBytes": 500_000_000, "usedBytes": 0, "leftBytes": 500_000_000});
    assert_eq!(storage().await, nothing);
    world.cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    world.cloud.services.access.clear();
    for number in 0..11 {
        world.announce(&ada, &format!("{number}.mp4"), "video/mp4", 50_000_000).await;
    }
    world.cloud.set_plan(ada.organization_id, PlanName::Free).await;
    world.cloud.services.access.clear();
    let over = json!({"files": 11, "includedBytes": 500_000_000, "usedBytes": 550_000_000, "leftBytes": 0});
    assert_eq!(storage().await, over);
}
