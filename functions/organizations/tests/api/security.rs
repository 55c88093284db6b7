//! `PUT /api/organizations/{organizationId}/security`

use serde_json::{Value, json};
use shared::access::Role;
use shared::id::OrganizationId;
use testkit::{Caller, Cloud, TestApp, TestResponse};

use crate::support::{app, trail};

fn path(organization: OrganizationId) -> String {
    format!("/api/organizations/{organization}/security")
}

async fn put(app: &TestApp, by: &Caller, organization: OrganizationId, body: Value) -> TestResponse {
    app.put(&path(organization)).by(by).json(&body).send().await
}

async fn look(app: &TestApp, by: &Caller, organization: OrganizationId) -> TestResponse {
    app.get(&format!("/api/organizations/{organization}")).by(by).send().await
}

#[tokio::test(start_paused = true)]
async fn an_organization_is_for_sessions_with_a_second_factor_once_its_owner_says_so() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let (owner, member) = (cloud.founder("Ada").await, cloud.caller("Eve").await);
    let organization = owner.organization_id;
    cloud.join(&member, organization, Role::Admin).await;
    let on = json!({"requireSecondFactor": true});
    put(&app, &member, organization, on.clone()).await.expect_problem(403, "forbidden");
    // Who asks for it has one: nobody shuts themselves out.
    let problem = put(&app, &owner, organization, on.clone()).await.expect_problem(403, "second_factor_required");
    assert!(problem["detail"].as_str().unwrap().contains("/api/auth/totp/enroll"), "{problem}");
    assert_eq!(look(&app, &owner, organization).await.expect(200)["requireSecondFactor"], false);
    cloud.present_second_factor(&owner).await;
    for _ in 0..2 {
        let answer = put(&app, &owner, organization, on.clone()).await.expect(200);
        assert_eq!(answer["requireSecondFactor"], true);
    }
    assert_eq!(trail(&cloud, organization).await, ["organization.securityChanged"], "the same again changes nothing");
    // Everybody else of the organisation is told what to do; to strangers it is not there.
    look(&app, &member, organization).await.expect_problem(403, "second_factor_required");
    look(&app, &cloud.caller("Mallory").await, organization).await.expect_problem(404, "not_found");
    // In another organisation nothing changed.
    look(&app, &member, member.organization_id).await.expect(200);
    cloud.present_second_factor(&member).await;
    look(&app, &member, organization).await.expect(200);
    // It counts for the session in which it was presented.
    let elsewhere = cloud.signed_in_again(&member).await;
    let problem = look(&app, &elsewhere, organization).await.expect_problem(403, "second_factor_required");
    assert!(problem["detail"].as_str().unwrap().contains("/api/auth/step-up"), "{problem}");
    put(&app, &owner, organization, json!({"requireSecondFactor": false})).await.expect(200);
    look(&app, &elsewhere, organization).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_member_without_a_second_factor_may_leave() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let (owner, member) = (cloud.founder("Ada").await, cloud.caller("Eve").await);
    let organization = owner.organization_id;
    cloud.join(&member, organization, Role::Member).await;
    cloud.present_second_factor(&owner).await;
    put(&app, &owner, organization, json!({"requireSecondFactor": true})).await.expect(200);
    let list = app.get("/api/organizations").by(&member).send().await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 2, "they see what they are in");
    let leave = app.post(&format!("/api/organizations/{organization}/leave")).by(&member).send().await;
    assert_eq!(leave.status, 204, "{}", leave.text);
    look(&app, &member, organization).await.expect_problem(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_changes_nothing() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let owner = cloud.founder("Ada").await;
    for body in [json!({}), json!({"requireSecondFactor": "yes"}), json!({"requireSecondFactor": true, "more": 1})] {
        put(&app, &owner, owner.organization_id, body).await.expect_problem(400, "malformed");
    }
    assert!(trail(&cloud, owner.organization_id).await.is_empty());
}
