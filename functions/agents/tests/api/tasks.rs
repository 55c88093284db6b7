//! `/api/tasks`

use std::time::Duration;

use crate::support::{app, column, trail, usage};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::ai;
use shared::id::{LeadId, OrganizationId, TaskId};
use shared::model::lead::{Lead, LeadStatus};
use shared::model::task::{Task, TaskError, TaskStatus};
use shared::model::usage::{Limited, Usage};
use shared::plan::PlanName;
use testkit::{Cloud, ScriptedAi};
use tokio::time::advance;

const PATH: &str = "/api/tasks";

fn follow_up(lead: LeadId) -> Value {
    json!({"kind": "lead_followup", "leadId": lead.to_string()})
}

fn post() -> Value {
    json!({"kind": "social_media_post"})
}

fn action(task: &Value, action: &str) -> String {
    format!("{PATH}/{}/{action}", task["id"].as_str().unwrap_or_default())
}

pub(crate) mod rows {
    use super::*;

    pub(crate) async fn lead(cloud: &Cloud, organization: OrganizationId, id: LeadId) -> Lead {
        cloud.services.store.get::<Lead>(&Lead::key_of(organization, id)).await.unwrap().unwrap().value
    }

    /// Lets a task fail as the task runner would after its last attempt.
    pub(crate) async fn fail(cloud: &Cloud, organization: OrganizationId, task: &Value) {
        let (store, now) = (&cloud.services.store, cloud.services.clock.now());
        let id: TaskId = task["id"].as_str().unwrap().parse().unwrap();
        let plan = || async {
            let current = store.get::<Task>(&Task::key_of(organization, id)).await?.unwrap();
            let error = TaskError { code: "ai_refused".to_owned(), message: "No.".to_owned() };
            let failed = current.claimed(cloud.services.ids.next(), now).unwrap().attempt_failed(error, false, now);
            let mut transaction = shared::store::Transaction::<shared::problem::Problem>::new();
            shared::tasks::give_back(store, &mut transaction, &current, ai::Usage::default()).await?;
            transaction.replace(&current, failed);
            Ok::<_, shared::problem::Problem>((transaction, ()))
        };
        store.execute(plan).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_follow_up_is_put_on_the_list_and_its_lead_marked() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let grace = cloud.lead(ada.organization_id, "Grace", LeadStatus::New, 1).await;
    let task = app.post(PATH).by(&ada).json(&follow_up(grace)).send().await.expect(201);
    assert_eq!((&task["status"], &task["title"]), (&json!("PENDING"), &json!("Follow up with Grace")));
    assert_eq!(task["input"], follow_up(grace));
    assert_eq!(task["createdBy"], json!({"kind": "user", "userId": ada.user_id.to_string()}));
    assert!(task.get("usageMonth").is_none() && task.get("leaseId").is_none(), "{task}");
    let path = format!("{PATH}/{}", task["id"].as_str().unwrap());
    assert_eq!(app.get(&path).by(&ada).send().await.expect(200), task);
    let lead = rows::lead(&cloud, ada.organization_id, grace).await;
    assert_eq!(json!(lead.open_follow_up_task_id), task["id"]);
    assert_eq!(lead.last_follow_up_at, Some(cloud.services.clock.now()));
    assert_eq!(usage(&cloud.services, ada.organization_id).await.tasks, 1);
    assert_eq!(trail(&cloud.services, ada.organization_id).await, ["task.created"]);
    app.post(PATH).by(&ada).json(&follow_up(grace)).send().await.expect_problem(409, "follow_up_open");
    assert_eq!(usage(&cloud.services, ada.organization_id).await.tasks, 1);
}

#[tokio::test(start_paused = true)]
async fn one_post_is_written_at_a_time() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let created = join_all((0..4).map(|_| app.post(PATH).by(&ada).json(&post()).send())).await;
    let (won, lost): (Vec<_>, Vec<_>) = created.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((won.len(), lost.len()), (1, 3));
    for answer in lost {
        answer.expect_problem(409, "post_task_open");
    }
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.posts), (1, 1));
    let cancelled = app.post(&action(&won[0].json, "cancel")).by(&ada).send().await.expect(200);
    assert_eq!(cancelled["status"], "CANCELLED");
    let used = usage(&cloud.services, ada.organization_id).await;
    assert_eq!((used.tasks, used.posts), (0, 0));
    app.post(PATH).by(&ada).json(&post()).send().await.expect(201);
    assert_eq!(trail(&cloud.services, ada.organization_id).await, ["task.created", "task.cancelled", "task.created"]);
}

#[tokio::test(start_paused = true)]
async fn the_plans_tasks_are_counted_by_the_month() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let mut last = json!(null);
    for number in 0..10 {
        let lead = cloud.lead(ada.organization_id, &format!("Lead {number}"), LeadStatus::New, 1).await;
        last = app.post(PATH).by(&ada).json(&follow_up(lead)).send().await.expect(201);
    }
    let eleventh = cloud.lead(ada.organization_id, "Lead 10", LeadStatus::New, 1).await;
    let problem =
        app.post(PATH).by(&ada).json(&follow_up(eleventh)).send().await.expect_problem(402, "task_limit_reached");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("Free") && detail.contains("10 tasks"), "{detail}");
    assert_eq!((&problem["missing"], &problem["plan"]), (&json!("tasks"), &json!("pro")));
    assert_eq!(problem["resetsAt"], json!(cloud.services.clock.now().next_month()));
    assert_eq!(rows::lead(&cloud, ada.organization_id, eleventh).await.open_follow_up_task_id, None);
    let problem = app.post(PATH).by(&ada).json(&post()).send().await.expect_problem(402, "task_limit_reached");
    assert_eq!(problem["missing"], "tasks", "of posts there are five");
    app.post(&action(&last, "cancel")).by(&ada).send().await.expect(200);
    app.post(PATH).by(&ada).json(&follow_up(eleventh)).send().await.expect(201);
    app.post(PATH).by(&ada).json(&post()).send().await.expect_problem(402, "task_limit_reached");
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    advance(Duration::from_secs(5)).await;
    app.post(PATH).by(&ada).json(&post()).send().await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn of_a_post_it_is_told_whether_tasks_or_posts_are_used_up() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let (store, month) = (&cloud.services.store, cloud.services.clock.now().month());
    for _ in 0..5 {
        let amounts = [(Limited::Tasks, 1), (Limited::Posts, 1)];
        let reserve = Usage::reserve(ada.organization_id, &month, &amounts, PlanName::Free.plan());
        assert!(store.try_update(reserve).await.unwrap());
    }
    let problem = app.post(PATH).by(&ada).json(&post()).send().await.expect_problem(402, "task_limit_reached");
    assert_eq!((&problem["missing"], &problem["plan"]), (&json!("posts"), &json!("pro")));
    assert!(problem["detail"].as_str().unwrap().contains("5 posts"), "{problem}");
    let lead = cloud.lead(ada.organization_id, "Lead", LeadStatus::New, 1).await;
    app.post(PATH).by(&ada).json(&follow_up(lead)).send().await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn repeats_under_one_key_do_it_once() {
    for seed in 0..20 {
        repeat_under_one_key(Cloud::with_timing(seed)).await;
    }
}

async fn repeat_under_one_key(cloud: Cloud) {
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let grace = cloud.lead(ada.organization_id, "Grace", LeadStatus::New, 1).await;
    let create = || app.post(PATH).by(&ada).header("idempotency-key", "k1").json(&follow_up(grace)).send();
    let tasks =
        join_all((0..4).map(|_| create())).await.into_iter().map(|answer| answer.expect(201)).collect::<Vec<_>>();
    assert!(tasks.iter().all(|task| *task == tasks[0]));
    let other = app.post(PATH).by(&ada).header("idempotency-key", "k1").json(&post()).send().await;
    other.expect_problem(422, "invalid");
    let cancel = |key: &str| app.post(&action(&tasks[0], "cancel")).by(&ada).header("idempotency-key", key).send();
    let (first, second) = (cancel("k2").await, cancel("k2").await);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.expect(200), second.expect(200));
    cancel("k3").await.expect_problem(409, "not_pending");
    assert_eq!(usage(&cloud.services, ada.organization_id).await.tasks, 0);
    let lead = rows::lead(&cloud, ada.organization_id, grace).await;
    assert_eq!(lead.open_follow_up_task_id, None);
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_can_be_tried_again() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let grace = cloud.lead(ada.organization_id, "Grace", LeadStatus::New, 1).await;
    let task = app.post(PATH).by(&ada).json(&follow_up(grace)).send().await.expect(201);
    app.post(&action(&task, "retry")).by(&ada).send().await.expect_problem(409, "not_failed");
    rows::fail(&cloud, ada.organization_id, &task).await;
    app.post(&action(&task, "cancel")).by(&ada).send().await.expect_problem(409, "not_pending");
    assert_eq!(usage(&cloud.services, ada.organization_id).await.tasks, 0);
    let retried = app.post(&action(&task, "retry")).by(&ada).send().await.expect(200);
    assert_eq!(
        (&retried["status"], &retried["attempts"], &retried["error"]),
        (&json!("PENDING"), &json!(0), &json!(null))
    );
    assert_eq!(usage(&cloud.services, ada.organization_id).await.tasks, 1);
    let lead = rows::lead(&cloud, ada.organization_id, grace).await;
    assert_eq!(json!(lead.open_follow_up_task_id), task["id"]);
    assert_eq!(trail(&cloud.services, ada.organization_id).await, ["task.created", "task.retried"]);
    rows::fail(&cloud, ada.organization_id, &task).await;
    let other = app.post(PATH).by(&ada).json(&follow_up(grace)).send().await.expect(201);
    app.post(&action(&task, "retry")).by(&ada).send().await.expect_problem(409, "follow_up_open");
    app.post(&action(&other, "cancel")).by(&ada).send().await.expect(200);
    cloud.write(|transaction| transaction.delete_key(Lead::key_of(ada.organization_id, grace))).await;
    app.post(&action(&task, "retry")).by(&ada).send().await.expect_problem(409, "lead_gone");
    let post_task = app.post(PATH).by(&ada).json(&post()).send().await.expect(201);
    rows::fail(&cloud, ada.organization_id, &post_task).await;
    app.post(PATH).by(&ada).json(&post()).send().await.expect(201);
    app.post(&action(&post_task, "retry")).by(&ada).send().await.expect_problem(409, "post_task_open");
}

#[tokio::test(start_paused = true)]
async fn tasks_are_listed_by_status_the_newest_first() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let mut tasks = Vec::new();
    for name in ["A", "B", "C"] {
        let lead = cloud.lead(ada.organization_id, name, LeadStatus::New, 1).await;
        tasks.push(app.post(PATH).by(&ada).json(&follow_up(lead)).send().await.expect(201));
        advance(Duration::from_secs(1)).await;
    }
    app.post(&action(&tasks[1], "cancel")).by(&ada).send().await.expect(200);
    let titles = |path: &str| {
        let request = app.get(path).by(&ada);
        async move { column(&request.send().await.expect(200), "title") }
    };
    let all = ["Follow up with C", "Follow up with B", "Follow up with A"];
    assert_eq!(titles(PATH).await, all);
    assert_eq!(titles("/api/tasks?status=PENDING").await, [all[0], all[2]]);
    assert_eq!(titles("/api/tasks?status=CANCELLED").await, [all[1]]);
    assert!(titles("/api/tasks?status=AWAITING_APPROVAL").await.is_empty());
    let first = app.get("/api/tasks?status=PENDING&limit=1").by(&ada).send().await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    assert_eq!(titles(&format!("/api/tasks?status=PENDING&limit=1&cursor={cursor}")).await, [all[2]]);
    let elsewhere = app.get(&format!("/api/tasks?cursor={cursor}")).by(&ada).send().await;
    elsewhere.expect_problem(400, "malformed");
    app.get("/api/tasks?status=pending").by(&ada).send().await.expect_problem(400, "malformed");
    app.get("/api/tasks?order=up").by(&ada).send().await.expect_problem(400, "malformed");
    app.get("/api/tasks?limit=0").by(&ada).send().await.expect_problem(422, "invalid");
}

#[tokio::test(start_paused = true)]
async fn another_tenants_tasks_and_leads_are_not_there() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await, cloud.caller("Eve").await);
    let grace = cloud.lead(ada.organization_id, "Grace", LeadStatus::New, 1).await;
    let task = app.post(PATH).by(&ada).json(&follow_up(grace)).send().await.expect(201);
    let path = format!("{PATH}/{}", task["id"].as_str().unwrap());
    app.get(&path).by(&eve).send().await.expect_problem(404, "not_found");
    app.get(&path).by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
    for name in ["cancel", "retry"] {
        app.post(&action(&task, name)).by(&eve).send().await.expect_problem(404, "not_found");
        app.post(&format!("{PATH}/tsk_no/{name}")).by(&ada).send().await.expect_problem(404, "not_found");
    }
    let problem = app.post(PATH).by(&eve).json(&follow_up(grace)).send().await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "leadId");
    assert!(app.get(PATH).by(&eve).send().await.expect(200)["data"].as_array().unwrap().is_empty());
    assert_eq!(app.get(&path).by(&ada).send().await.expect(200)["status"], json!(TaskStatus::Pending));
    app.get(&path).send().await.expect_problem(401, "token_missing");
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_and_nothing_is_reserved() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await);
    let send = |body: &str| app.post(PATH).by(&ada).body("application/json", body.to_owned()).send();
    for (body, path) in [
        ("", ""),
        ("{}", ""),
        (r#"{"kind": "telegram"}"#, "kind"),
        (r#"{"kind": "social_media_post", "status": "COMPLETED"}"#, "status"),
        (r#"{"kind": "lead_followup", "leadId": "led_no"}"#, "leadId"),
        (r#"{"kind": "lead_followup", "leadId": 7}"#, "leadId"),
    ] {
        let problem = send(body).await.expect_problem(400, "malformed");
        assert_eq!(problem["errors"][0]["path"], path, "{body}");
    }
    for body in [
        r#"{"kind": "lead_followup"}"#,
        r#"{"kind": "lead_followup", "leadId": "led_01KAGR3V0R0000000000000000"}"#,
        r#"{"kind": "social_media_post", "leadId": "led_01KAGR3V0R0000000000000000"}"#,
    ] {
        let problem = send(body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "leadId", "{body}");
    }
    assert!(trail(&cloud.services, ada.organization_id).await.is_empty());
    assert_eq!(usage(&cloud.services, ada.organization_id).await.tasks, 0);
}
