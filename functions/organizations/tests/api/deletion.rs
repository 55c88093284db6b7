//! `DELETE /api/organizations/{organizationId}` and `POST …/restore`

use std::time::Duration;

use serde_json::json;
use shared::access::Role;
use testkit::{Caller, Cloud, TestApp};
use tokio::time::advance;

use crate::support::{app, trail};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn a_deleted_organization_is_gone_for_everybody_until_its_owner_restores_it() {
    let cloud = Cloud::new();
    let (app, ada, adam) = (app(&cloud), cloud.founder("Ada").await, cloud.caller("Adam").await);
    cloud.join(&adam, ada.organization_id, Role::Admin).await;
    let path = format!("/api/organizations/{}", ada.organization_id);
    let restore = format!("{path}/restore");
    let before = app.get(&path).by(&ada).send().await.expect(200);
    app.delete(&path).by(&adam).send().await.expect_problem(403, "forbidden");
    assert_eq!(app.delete(&path).by(&ada).send().await.status, 204);
    for caller in [&ada, &adam] {
        app.get(&path).by(caller).send().await.expect_problem(404, "not_found");
        app.get(&format!("{path}/members")).by(caller).send().await.expect_problem(404, "not_found");
        app.get("/api/activity")
            .by(caller)
            .organization(ada.organization_id)
            .send()
            .await
            .expect_problem(404, "not_found");
        let list = app.get("/api/organizations").by(caller).send().await.expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "the personal one is left");
    }
    app.delete(&path).by(&ada).send().await.expect_problem(404, "not_found");
    app.post(&restore).by(&adam).send().await.expect_problem(403, "forbidden");
    let deleted = async |caller: &Caller| {
        let list = app.get("/api/organizations?deleted=true").by(caller).send().await.expect(200);
        list["data"].as_array().unwrap().clone()
    };
    assert_eq!(deleted(&adam).await, [json!(null); 0], "who cannot restore it does not see it");
    let own = deleted(&ada).await;
    assert_eq!((own.len(), &own[0]["id"]), (1, &before["id"]));
    assert!(own[0]["restorableUntil"].is_string());

    assert_eq!(app.post(&restore).by(&ada).send().await.expect(200), before);
    assert_eq!(app.post(&restore).by(&ada).send().await.expect(200), before, "again changes nothing");
    app.get(&path).by(&adam).send().await.expect(200);
    assert_eq!(trail(&cloud, ada.organization_id).await, ["organization.deleted", "organization.restored"]);
}

#[tokio::test(start_paused = true)]
async fn what_other_instances_remember_ends_within_seconds() {
    let cloud = Cloud::new();
    let other = TestApp::new(
        organizations::router().with_state(organizations::Deps::new(cloud.without_faults().services)),
        &cloud.services,
    );
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let path = format!("/api/organizations/{}/members", ada.organization_id);
    other.get(&path).by(&ada).send().await.expect(200);
    assert_eq!(app.delete(&format!("/api/organizations/{}", ada.organization_id)).by(&ada).send().await.status, 204);
    advance(Duration::from_secs(4)).await;
    other.get(&path).by(&ada).send().await.expect_problem(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn after_thirty_days_there_is_nothing_to_restore() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
    let path = format!("/api/organizations/{}", ada.organization_id);
    assert_eq!(app.delete(&path).by(&ada).send().await.status, 204);
    advance(DAY * 30).await;
    let ada = cloud.signed_in_again(&ada).await;
    app.post(&format!("{path}/restore")).by(&ada).send().await.expect_problem(404, "not_found");
    let list = app.get("/api/organizations?deleted=true").by(&ada).send().await.expect(200);
    assert_eq!(list["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn of_deleting_and_restoring_at_once_each_is_told_what_it_did() {
    for seed in 0..10 {
        let cloud = Cloud::with_timing(seed);
        let (app, ada) = (app(&cloud), cloud.founder("Ada").await);
        let path = format!("/api/organizations/{}", ada.organization_id);
        let deletes = futures_util::future::join_all((0..4).map(|_| app.delete(&path).by(&ada).send())).await;
        let done = deletes.iter().filter(|answer| answer.status == 204).count();
        assert_eq!(done, 1, "seed {seed}");
        let restore = || app.post(&format!("{path}/restore")).by(&ada).send();
        for answer in futures_util::future::join_all((0..4).map(|_| restore())).await {
            answer.expect(200);
        }
        assert_eq!(
            trail(&cloud, ada.organization_id).await,
            ["organization.deleted", "organization.restored"],
            "seed {seed}"
        );
    }
}
