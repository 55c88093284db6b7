//! Invitations, roles and the ownership on a table that has bad days.

use std::time::Duration;

use serde_json::json;
use shared::access::Role;
use testkit::{Caller, Cloud, FaultPlan, TestResponse};

use crate::support::{app, owners, role, token, trail};

/// Sends a request until it is answered by something else than 503.
async fn insist(seed: u64, send: &impl AsyncFn() -> TestResponse) -> TestResponse {
    for _ in 0..50 {
        let answer = send().await;
        if answer.status != 503 && answer.json["code"] != "conflict" {
            return answer;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("seed {seed}: no end");
}

/// What was sent and given up may land yet.
async fn let_everything_land() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_does_an_invitation_makes_one_member() {
    for seed in 0..20 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let (ada, grace) = (calm.founder("Ada").await, calm.caller("Grace").await);
        let (app, organization) = (app(&cloud), ada.organization_id);
        let path = format!("/api/organizations/{organization}/invitations");
        let body = json!({"email": "grace@example.com", "role": "admin"});
        let invite = async || app.post(&path).by(&ada).header("idempotency-key", "once").json(&body).send().await;
        let invited = insist(seed, &invite).await;
        let invitation = invited.expect(201);
        let token = json!({"token": token(&calm, organization, &invitation).await});
        let accept = async || app.post("/api/invitations/accept").by(&grace).json(&token).send().await;
        let (one, other) = tokio::join!(insist(seed, &accept), insist(seed, &accept));
        assert_eq!(
            (one.status.as_u16(), other.status.as_u16()),
            (200, 200),
            "seed {seed}: {} {}",
            one.text,
            other.text
        );
        let_everything_land().await;
        assert_eq!(role(&calm, &grace, organization).await, Some(Role::Admin), "seed {seed}");
        let told = ["organization.invitationSent", "organization.invitationAccepted", "organization.memberJoined"];
        assert_eq!(trail(&calm, organization).await, told, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_does_there_is_one_owner() {
    for seed in 0..20 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let ada = calm.founder("Ada").await;
        let organization = ada.organization_id;
        let (adam, mary) = (calm.caller("Adam").await, calm.caller("Mary").await);
        calm.join(&adam, organization, Role::Admin).await;
        calm.join(&mary, organization, Role::Member).await;
        let app = app(&cloud);
        let path = |rest: &str| format!("/api/organizations/{organization}{rest}");
        let transfer = async |by: &Caller, to: &Caller| {
            let body = json!({"userId": to.user_id.to_string()});
            app.post(&path("/transfer-ownership")).by(by).json(&body).send().await
        };
        let to_mary = async || transfer(&ada, &mary).await;
        let to_adam = async || transfer(&ada, &adam).await;
        let member = path(&format!("/members/{}", mary.user_id));
        let change = async || app.put(&member).by(&adam).json(&json!({"role": "admin"})).send().await;
        let leave = async || app.post(&path("/leave")).by(&mary).send().await;
        tokio::join!(insist(seed, &to_mary), insist(seed, &to_adam), insist(seed, &change), insist(seed, &leave));
        let_everything_land().await;
        let owners = owners(&calm, organization).await;
        assert_eq!(owners.len(), 1, "seed {seed}: {owners:?}");
        let trail = trail(&calm, organization).await;
        let transfers = trail.iter().filter(|kind| *kind == "organization.ownershipTransferred").count();
        assert_eq!(usize::from(owners[0] != ada.user_id.to_string()), transfers, "seed {seed}: {trail:?}");
        let left = trail.iter().filter(|kind| *kind == "organization.memberLeft").count();
        assert_eq!(role(&calm, &mary, organization).await.is_none(), left == 1, "seed {seed}: {trail:?}");
    }
}
