//! `/api/crm/unsubscribe`

use std::time::Duration;

use crate::support::{app, dump, items};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::access::LinkSecrets;
use shared::event::Actor;
use shared::id::{LeadId, TaskId};
use shared::model::campaign::CampaignFigures;
use shared::model::link::LinkPurpose;
use shared::model::suppressed_address::SuppressedAddress;
use shared::model::task::{Task, TaskInput, TaskOutput};
use shared::store::Entity;
use shared::trace::Trace;
use testkit::runtime_api::function_url_event;
use testkit::{Caller, Cloud, FaultPlan, FunctionHost, TestApp, TestResponse};

const GRACE: &str = "grace@cobol.example";

/// A campaign of the caller's that was written, to one lead.
async fn campaign(cloud: &Cloud, caller: &Caller) -> Task {
    let (services, now) = (&cloud.services, cloud.services.clock.now());
    let input = TaskInput::EmailCampaign { lead_ids: vec![services.ids.next::<LeadId>()], about: "x".to_owned() };
    let (id, trace) = (services.ids.next::<TaskId>(), Trace::begin(&services.ids));
    let task = Task::new(id, caller.organization_id, "x".to_owned(), input, Actor::Platform, trace, now);
    let (subject, body) = ("News".to_owned(), "x".to_owned());
    let task = task.completed(TaskOutput::EmailCampaign { subject, body, figures: CampaignFigures::of(1) }, now);
    cloud.write(|transaction| transaction.create(task.clone())).await;
    task
}

async fn token(cloud: &Cloud, task: &Task, address: &str) -> String {
    let links = LinkSecrets::new(cloud.services.clone());
    links.unsubscribe_token(task.organization_id, task.id, address).await.unwrap().text()
}

fn path(token: &str) -> String {
    format!("/api/crm/unsubscribe?token={token}")
}

async fn ask(app: &TestApp, token: &str) -> TestResponse {
    app.post(&path(token)).send().await
}

async fn unsubscribed(cloud: &Cloud, task: &Task) -> u32 {
    let task = cloud.services.store.get::<Task>(&task.key()).await.unwrap().unwrap().value;
    let Some(TaskOutput::EmailCampaign { figures, .. }) = task.output else { panic!("{task:?}") };
    figures.unsubscribed
}

#[tokio::test(start_paused = true)]
async fn one_click_is_enough_and_a_second_changes_nothing() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let task = campaign(&cloud, &ada).await;
    let token = token(&cloud, &task, "Grace@Cobol.example").await;
    // As mailboxes ask (RFC 8058), and as a page does.
    let one_click = app.post(&path(&token)).body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
    let answer = one_click.send().await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "{}", answer.text);
    let key = SuppressedAddress::key_of_address(ada.organization_id, GRACE);
    let row = cloud.services.store.get::<SuppressedAddress>(&key).await.unwrap().unwrap().value;
    assert_eq!((row.task_id, row.at), (task.id, cloud.services.clock.now()));
    let events = items(&cloud, "event");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["type"]["S"], "campaign.unsubscribed");
    assert_eq!(events[0]["actor"]["M"]["kind"]["S"], "recipient");
    assert_eq!(unsubscribed(&cloud, &task).await, 1);
    assert!(!format!("{:?}", dump(&cloud)).to_lowercase().contains("cobol"), "no row holds the address");

    let before = dump(&cloud);
    tokio::time::advance(Duration::from_secs(60)).await;
    let multipart = app.post(&path(&token)).body("multipart/form-data; boundary=x", "--x--");
    for answer in [ask(&app, &token).await, multipart.send().await] {
        assert_eq!(answer.status.as_u16(), 202);
    }
    // Another campaign's link leads to the same end.
    let other = campaign(&cloud, &ada).await;
    let token = self::token(&cloud, &other, GRACE).await;
    assert_eq!(ask(&app, &token).await.status.as_u16(), 202);
    let mut after = dump(&cloud);
    after.retain(|key, _| !key.contains(&other.id.to_string()));
    assert_eq!(after, before);
}

#[tokio::test(start_paused = true)]
async fn of_many_at_once_one_is_written() {
    for seed in 0..10 {
        let cloud = Cloud::with_timing(seed);
        let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
        let task = campaign(&cloud, &ada).await;
        let token = token(&cloud, &task, GRACE).await;
        let answers = join_all((0..5).map(|_| ask(&app, &token))).await;
        assert!(answers.iter().all(|answer| answer.status == 202), "seed {seed}");
        assert_eq!((items(&cloud, "event").len(), unsubscribed(&cloud, &task).await), (1, 1), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_table_does_it_is_written_once() {
    for seed in 0..10 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let ada = calm.caller("Ada").await;
        let task = campaign(&calm, &ada).await;
        let token = token(&calm, &task, GRACE).await;
        let app = app(&cloud);
        let mut answered = false;
        for _ in 0..20 {
            answered |= ask(&app, &token).await.status == 202;
            tokio::time::advance(Duration::from_secs(10)).await;
        }
        assert!(answered, "seed {seed}");
        assert_eq!((items(&calm, "event").len(), unsubscribed(&calm, &task).await), (1, 1), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_ours_is_refused_and_a_look_changes_nothing() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud), cloud.caller("Ada").await, cloud.caller("Eve").await);
    let (task, other) = (campaign(&cloud, &ada).await, campaign(&cloud, &eve).await);
    let (own, others) = (token(&cloud, &task, GRACE).await, token(&cloud, &other, GRACE).await);
    let before = dump(&cloud);
    let code = own.rsplit('.').next().unwrap();
    let (others_ids, _) = others.rsplit_once('.').unwrap();
    let links = LinkSecrets::new(cloud.services.clone());
    let digest = SuppressedAddress::digest(GRACE);
    let subject = format!("{}/{}/{digest}", ada.organization_id, task.id);
    let of_invitation = links.token(LinkPurpose::Invitation, &subject).await.unwrap();
    let (ids, _) = own.rsplit_once('.').unwrap();
    for forged in [
        "x".to_owned(),
        format!("{others_ids}.{code}"),
        format!("{ids}.{of_invitation}"),
        own.replace(&digest, &SuppressedAddress::digest("alan@bombe.example")),
    ] {
        let problem = ask(&app, &forged).await.expect_problem(422, "link_invalid");
        assert!(!problem.to_string().contains(&forged), "{problem}");
    }
    ask(&app, "").await.expect_problem(422, "invalid");
    app.post("/api/crm/unsubscribe").send().await.expect_problem(400, "malformed");
    app.get(&path(&own)).send().await.expect_problem(405, "method_not_allowed");
    assert_eq!(dump(&cloud), before);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_organization_hears_of_it_while_it_may_come_back() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud), cloud.caller("Ada").await);
    let task = campaign(&cloud, &ada).await;
    let (grace, alan) = (token(&cloud, &task, GRACE).await, token(&cloud, &task, "alan@bombe.example").await);
    cloud.delete_organization(ada.organization_id).await;
    assert_eq!(ask(&app, &grace).await.status.as_u16(), 202);
    assert_eq!(items(&cloud, "suppressedAddress").len(), 1);
    // From here on it is purged, and nothing may be left of it.
    tokio::time::advance(Duration::from_secs(31 * 24 * 60 * 60)).await;
    assert_eq!(ask(&app, &alan).await.status.as_u16(), 202);
    assert_eq!((items(&cloud, "suppressedAddress").len(), items(&cloud, "event").len()), (1, 1));
}

#[tokio::test]
async fn the_functions_url_takes_the_form_of_mailboxes() {
    let host = FunctionHost::start("crm", env!("CARGO_BIN_EXE_crm")).await;
    let ada = host.cloud.caller("Ada").await;
    let task = campaign(&host.cloud, &ada).await;
    let token = token(&host.cloud, &task, GRACE).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let event = function_url_event("POST", &path(&token), &form, b"List-Unsubscribe=One-Click");
    let answer: Value = host.invoke(event).await;
    assert_eq!(answer["statusCode"], json!(202), "{answer}");
    assert_eq!(unsubscribed(&host.cloud, &task).await, 1);
}
