//! `POST /api/billing/credits/grant`

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::event::{Event, Fact};
use shared::store::Listing;
use testkit::{Cloud, FaultPlan};

use crate::support::{Purse, admin, app};

const PATH: &str = "/api/billing/credits/grant";

fn body(organization: impl ToString, credits: &Value) -> Value {
    json!({"organizationId": organization.to_string(), "credits": credits, "reason": " For the outage. "})
}

#[tokio::test(start_paused = true)]
async fn an_admin_of_the_platform_gives_credits_and_the_members_read_why() {
    let cloud = Cloud::new();
    let (app, ada, admin) = (app(&cloud), cloud.founder("Ada").await, admin(&cloud).await);
    let expires_at = cloud.services.clock.now().plus(Duration::from_secs(3600));
    let mut wanted = body(ada.organization_id, &json!(500));
    wanted["expiresAt"] = json!(expires_at);
    let given = app.post(PATH).by(&admin).json(&wanted).send().await.expect(201);
    assert_eq!((&given["credits"], &given["expiresAt"]), (&json!(500), &json!(expires_at)));
    let purse = Purse::of(&cloud, &ada);
    assert_eq!(purse.figures().await, [0, 0, 500, 0, 0, 550]);
    let history = app.get("/api/billing/credits/history").by(&ada).organization(ada.organization_id).send().await;
    let movement = history.expect(200)["data"][0].clone();
    let cause = json!({
        "type": "grant", "grantId": given["id"], "kind": "operator", "reason": "For the outage.", "expiresAt": expires_at,
    });
    assert_eq!((&movement["credits"], &movement["cause"]), (&json!(500), &cause));
    assert_eq!(movement["actor"]["userId"], admin.user_id.to_string());
    let trail = Listing::of_partition(Event::partition(ada.organization_id));
    let events = cloud.services.store.list::<Event>(&trail, None).await.unwrap().data;
    assert!(matches!(events[0].fact, Fact::CreditsGranted { credits: 500, .. }) && events.len() == 1);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn every_wrong_value_is_told_and_nothing_is_given() {
    let cloud = Cloud::new();
    let (app, ada, admin) = (app(&cloud), cloud.founder("Ada").await, admin(&cloud).await);
    let send = |body: Value| app.post(PATH).by(&admin).json(&body).send();
    for credits in [json!(0), json!(-5), json!(1_000_001), json!(i64::MAX)] {
        let mut wrong = body(ada.organization_id, &credits);
        wrong["reason"] = json!(" ");
        let problem = send(wrong).await.expect_problem(422, "invalid");
        let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap());
        assert_eq!(paths.collect::<Vec<_>>(), ["credits", "reason"], "{credits}");
    }
    for credits in [json!(1.5), json!("5"), json!(null), json!(1e30)] {
        let problem = send(body(ada.organization_id, &credits)).await.expect_problem(400, "malformed");
        assert_eq!(problem["errors"][0]["path"], "credits", "{credits}");
    }
    let mut late = body(ada.organization_id, &json!(5));
    late["expiresAt"] = json!(cloud.services.clock.now());
    assert_eq!(send(late.clone()).await.expect_problem(422, "invalid")["errors"][0]["path"], "expiresAt");
    late["expiresAt"] = json!("tomorrow");
    send(late).await.expect_problem(400, "malformed");
    send(body("org_x", &json!(5))).await.expect_problem(400, "malformed");
    let unknown = send(body("org_01KAGR3V0R0000000000000000", &json!(5))).await.expect_problem(422, "invalid");
    assert_eq!(unknown["errors"][0]["path"], "organizationId");
    cloud.delete_organization(ada.organization_id).await;
    send(body(ada.organization_id, &json!(5))).await.expect_problem(422, "invalid");
    assert_eq!(Purse::of(&cloud, &ada).figures().await, [0, 0, 0, 0, 0, 50]);
}

#[tokio::test(start_paused = true)]
async fn it_is_for_admins_of_the_platform() {
    let cloud = Cloud::new();
    let (app, ada, support) = (app(&cloud), cloud.founder("Ada").await, cloud.caller("Support").await);
    cloud.set_platform_role(&support, PlatformRole::Support).await;
    let wanted = body(ada.organization_id, &json!(5));
    app.post(PATH).json(&wanted).send().await.expect_problem(401, "token_missing");
    for caller in [&ada, &support] {
        app.post(PATH).by(caller).json(&wanted).send().await.expect_problem(403, "forbidden");
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_grants_can_be_unspent_and_no_more() {
    let cloud = Cloud::new();
    let (app, ada, admin) = (app(&cloud), cloud.founder("Ada").await, admin(&cloud).await);
    let purse = Purse::of(&cloud, &ada);
    for _ in 0..50 {
        purse.grant(1, Some(Duration::from_secs(60))).await.unwrap();
    }
    let wanted = body(ada.organization_id, &json!(5));
    app.post(PATH).by(&admin).json(&wanted).send().await.expect_problem(409, "too_many_grants");
    tokio::time::advance(Duration::from_secs(60)).await;
    app.post(PATH).by(&admin).json(&wanted).send().await.expect(201);
    assert_eq!(purse.figures().await, [0, 0, 5, 0, 0, 55]);
    purse.check().await;
}

#[tokio::test(start_paused = true)]
async fn repeats_under_one_key_and_grants_at_once_give_what_was_asked_for() {
    for seed in 0..10 {
        let cloud = Cloud::with_timing(seed);
        let (app, ada, admin) = (app(&cloud), cloud.caller("Ada").await, admin(&cloud).await);
        let wanted = body(ada.organization_id, &json!(7));
        let once = || app.post(PATH).by(&admin).header("idempotency-key", "k1").json(&wanted).send();
        let answers = join_all([once(), once(), once()]).await;
        let ids = answers.into_iter().map(|answer| answer.expect(201)["id"].clone()).collect::<Vec<_>>();
        assert!(ids.iter().all(|id| *id == ids[0]), "seed {seed}: {ids:?}");
        let at_once = join_all((0..2).map(|_| app.post(PATH).by(&admin).json(&wanted).send())).await;
        assert!(at_once.iter().all(|answer| answer.status == 201), "seed {seed}");
        let purse = Purse::of(&cloud, &ada);
        assert_eq!(purse.figures().await, [0, 0, 221, 0, 0, 271], "seed {seed}: three grants and the opening one");
        purse.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_table_does_a_grant_under_one_key_is_given_once() {
    for seed in 0..10 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let (app, ada, admin) = (app(&cloud), calm.founder("Ada").await, admin(&calm).await);
        let wanted = body(ada.organization_id, &json!(7));
        for _ in 0..20 {
            let sent = app.post(PATH).by(&admin).header("idempotency-key", "k1").json(&wanted).send().await;
            if sent.status == 201 {
                break;
            }
            assert!([409, 503].contains(&sent.status.as_u16()), "seed {seed}: {}", sent.text);
            tokio::time::advance(Duration::from_secs(20)).await;
        }
        let purse = Purse::of(&calm, &ada);
        assert_eq!(purse.figures().await, [0, 0, 7, 0, 0, 57], "seed {seed}");
        purse.check().await;
    }
}
