//! `/api/tasks` of the kind `email_campaign`

use std::time::Duration;

use crate::support::{app, trail, usage};
use crate::tasks::rows;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::id::{LeadId, OrganizationId};
use shared::model::lead::{Lead, LeadStatus};
use shared::model::suppressed_address::SuppressedAddress;
use shared::model::usage::{Limited, Usage};
use shared::plan::PlanName;
use testkit::{Caller, Cloud, ScriptedAi};
use tokio::time::advance;

const PATH: &str = "/api/tasks";

fn campaign(leads: &[LeadId]) -> Value {
    let leads = leads.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({"kind": "email_campaign", "leadIds": leads, "about": " Our beta opens in December. "})
}

async fn leads(cloud: &Cloud, organization: OrganizationId, count: usize) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for number in 0..count {
        let (name, address) = (format!("Lead {number}"), format!("lead{number}@leads.example"));
        leads.push(cloud.lead_at(organization, &name, &address).await);
    }
    leads
}

/// Somebody whose address is verified.
async fn sender(cloud: &Cloud) -> Caller {
    let ada = cloud.caller("Ada").await;
    cloud.verify_email(&ada).await;
    ada
}

async fn suppress(cloud: &Cloud, organization_id: OrganizationId, address: &str) {
    let (digest, at) = (SuppressedAddress::digest(address), cloud.services.clock.now());
    let row = SuppressedAddress { organization_id, digest, task_id: cloud.services.ids.next(), at };
    cloud.write(|transaction| transaction.create(row.clone())).await;
}

/// Uses so many of the month's e-mails.
async fn use_emails(cloud: &Cloud, organization: OrganizationId, count: u32) {
    let (month, amounts) = (cloud.services.clock.now().month(), [(Limited::Emails, count)]);
    let reserve = Usage::reserve(organization, &month, &amounts, PlanName::Enterprise.plan());
    assert!(cloud.services.store.try_update(reserve).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_campaign_reserves_an_email_for_each_lead_until_it_is_cancelled() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), sender(&cloud).await);
    let leads = leads(&cloud, ada.organization_id, 3).await;
    let task = app.post(PATH).by(&ada).json(&campaign(&leads)).send().await.expect(201);
    assert_eq!((&task["title"], &task["status"]), (&json!("E-mail to 3 leads"), &json!("PENDING")));
    assert_eq!(task["input"]["about"], "Our beta opens in December.");
    assert_eq!(task["input"]["leadIds"], campaign(&leads)["leadIds"]);
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.posts, used.emails), (1, 0, 3));
    let cancelled = app.post(&format!("{PATH}/{}/cancel", task["id"].as_str().unwrap())).by(&ada).send().await;
    assert_eq!(cancelled.expect(200)["status"], "CANCELLED");
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.emails), (0, 0));
    assert_eq!(trail(&cloud.services, ada.organization_id).await, ["task.created", "task.cancelled"]);
}

#[tokio::test(start_paused = true)]
async fn every_lead_that_cannot_be_written_to_is_named_at_once() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud, &ScriptedAi::new()), sender(&cloud).await, cloud.caller("Eve").await);
    let mut wanted = leads(&cloud, ada.organization_id, 2).await;
    wanted.push(cloud.lead(ada.organization_id, "Nowhere", LeadStatus::New, 1).await);
    wanted.push(cloud.lead_at(eve.organization_id, "Of another", "of@another.example").await);
    suppress(&cloud, ada.organization_id, "LEAD1@leads.example").await;
    suppress(&cloud, eve.organization_id, "lead0@leads.example").await;
    let problem = app.post(PATH).by(&ada).json(&campaign(&wanted)).send().await.expect_problem(422, "invalid");
    let faults = [
        json!({"path": "leadIds[1]", "message": "has unsubscribed"}),
        json!({"path": "leadIds[2]", "message": "has no e-mail address"}),
        json!({"path": "leadIds[3]", "message": "is no lead of this organisation"}),
    ];
    assert_eq!(problem["errors"], json!(faults));
    assert_eq!(usage(&cloud.services, ada.organization_id).await, Usage::default());
    app.post(PATH).by(&ada).json(&campaign(&wanted[..1])).send().await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_wrong_with_the_fields_is_told_at_once() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), sender(&cloud).await);
    let id = |number: usize| format!("led_01KAGR3V0R00000000000000{number:02}");
    let many = (0..26).map(id).collect::<Vec<_>>();
    for (body, paths) in [
        (json!({"kind": "email_campaign"}), &["leadIds", "about"][..]),
        (json!({"kind": "email_campaign", "leadIds": [], "about": " "}), &["leadIds", "about"]),
        (json!({"kind": "email_campaign", "leadIds": many, "about": "x".repeat(2001)}), &["leadIds", "about"]),
        (
            json!({"kind": "email_campaign", "leadIds": [id(1), id(2), id(1)], "leadId": id(1), "about": "x"}),
            &["leadId", "leadIds[2]"],
        ),
        (
            json!({"kind": "social_media_post", "leadId": id(1), "leadIds": [], "about": "x"}),
            &["leadId", "leadIds", "about"],
        ),
        (json!({"kind": "lead_followup", "leadIds": [id(1)], "about": "x"}), &["leadIds", "about", "leadId"]),
    ] {
        let problem = app.post(PATH).by(&ada).json(&body).send().await.expect_problem(422, "invalid");
        let told = problem["errors"].as_array().unwrap().iter().map(|fault| fault["path"].as_str().unwrap());
        assert_eq!(told.collect::<Vec<_>>(), paths, "{body}");
    }
    assert!(trail(&cloud.services, ada.organization_id).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_month_lacks_is_named_with_the_least_plan_that_has_enough() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), sender(&cloud).await);
    let leads = leads(&cloud, ada.organization_id, 25).await;
    let refused = async |count: usize| {
        let answer = app.post(PATH).by(&ada).json(&campaign(&leads[..count])).send().await;
        let problem = answer.expect_problem(402, "task_limit_reached");
        assert_eq!(problem["resetsAt"], json!(cloud.services.clock.now().next_month()));
        (problem["missing"].clone(), problem["plan"].clone(), problem["detail"].as_str().unwrap().to_owned())
    };
    // Nothing was used, and still it is too much.
    let (missing, plan, detail) = refused(25).await;
    assert_eq!((missing, plan), (json!("emails"), json!("pro")));
    assert!(detail.contains("3 e-mails of this month do not suffice (needed: 25, left: 3)"), "{detail}");
    use_emails(&cloud, ada.organization_id, 2).await;
    let (_, plan, detail) = refused(2).await;
    assert!(plan == "pro" && detail.contains("needed: 2, left: 1"), "{detail}");
    assert_eq!(refused(24).await.1, "enterprise", "Pro's 25 are not enough for 26");
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    advance(Duration::from_secs(5)).await;
    app.post(PATH).by(&ada).json(&campaign(&leads[..20])).send().await.expect(201);
    let (_, plan, detail) = refused(10).await;
    assert!(plan == "enterprise" && detail.contains("needed: 10, left: 3"), "Outreach has no more than Pro: {detail}");
    cloud.set_plan(ada.organization_id, PlanName::Enterprise).await;
    advance(Duration::from_secs(5)).await;
    use_emails(&cloud, ada.organization_id, 228).await;
    let (missing, plan, detail) = refused(1).await;
    assert!(missing == "emails" && plan.is_null() && detail.contains("are used up."), "{detail}");
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.emails), (1, 250));
}

#[tokio::test(start_paused = true)]
async fn of_many_at_once_as_many_are_taken_as_the_month_has_room_for() {
    for seed in 0..10 {
        let cloud = Cloud::with_timing(seed);
        let (app, ada) = (app(&cloud, &ScriptedAi::new()), sender(&cloud).await);
        let leads = leads(&cloud, ada.organization_id, 6).await;
        use_emails(&cloud, ada.organization_id, 2).await;
        let answers = join_all(leads.iter().map(|lead| app.post(PATH).by(&ada).json(&campaign(&[*lead])).send())).await;
        let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((taken.len(), refused.len()), (1, 5), "seed {seed}");
        for answer in refused {
            assert_eq!(answer.expect_problem(402, "task_limit_reached")["missing"], "emails", "seed {seed}");
        }
        let used = usage(&cloud.services, ada.organization_id).await;
        assert_eq!((used.tasks, used.emails), (1, 3), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_campaign_gives_back_and_takes_of_the_month_in_which_it_is_tried_again() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), sender(&cloud).await);
    let leads = leads(&cloud, ada.organization_id, 2).await;
    let task = app.post(PATH).by(&ada).json(&campaign(&leads)).send().await.expect(201);
    let retry = format!("{PATH}/{}/retry", task["id"].as_str().unwrap());
    rows::fail(&cloud, ada.organization_id, &task).await;
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.emails), (0, 0));
    let november = cloud.services.clock.now().month();
    // A month later the access token has run out long ago.
    advance(Duration::from_secs(31 * 24 * 60 * 60)).await;
    let ada = cloud.signed_in_again(&ada).await;
    app.post(&retry).by(&ada).send().await.expect(200);
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.emails), (1, 2));
    let before =
        cloud.services.store.get::<Usage>(&Usage::key_of(ada.organization_id, &november)).await.unwrap().unwrap();
    assert_eq!((before.tasks, before.emails), (0, 0));

    rows::fail(&cloud, ada.organization_id, &task).await;
    use_emails(&cloud, ada.organization_id, 2).await;
    let problem = app.post(&retry).by(&ada).send().await.expect_problem(402, "task_limit_reached");
    assert_eq!((&problem["missing"], &problem["plan"]), (&json!("emails"), &json!("pro")));
    suppress(&cloud, ada.organization_id, "lead0@leads.example").await;
    app.post(&retry).by(&ada).send().await.expect_problem(409, "recipients_changed");
    cloud.write(|transaction| transaction.delete_key(Lead::key_of(ada.organization_id, leads[1]))).await;
    app.post(&retry).by(&ada).send().await.expect_problem(409, "recipients_changed");
}

#[tokio::test(start_paused = true)]
async fn repeats_under_one_key_make_one_campaign() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), sender(&cloud).await);
    let leads = leads(&cloud, ada.organization_id, 3).await;
    let create = || app.post(PATH).by(&ada).header("idempotency-key", "k1").json(&campaign(&leads)).send();
    let tasks = join_all((0..4).map(|_| create())).await.into_iter().map(|answer| answer.expect(201));
    let tasks = tasks.collect::<Vec<_>>();
    assert!(tasks.iter().all(|task| *task == tasks[0]));
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.emails), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn nobody_writes_to_strangers_before_their_own_address_is_verified() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let leads = leads(&cloud, ada.organization_id, 1).await;
    app.post(PATH).by(&ada).json(&campaign(&leads)).send().await.expect_problem(403, "email_unverified");
    assert_eq!(usage(&cloud.services, ada.organization_id).await.emails, 0);
    cloud.verify_email(&ada).await;
    app.post(PATH).by(&ada).json(&campaign(&leads)).send().await.expect(201);
}
