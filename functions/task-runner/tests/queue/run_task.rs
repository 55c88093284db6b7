//! Carrying tasks out: what they leave behind, once each.

use std::time::Duration;

use crate::support::{activities, create, deps, is_filled, lead, message, read, stored, trail, usage};
use futures_util::future::{join, join_all};
use shared::ai::{AiError, FollowUp, Purpose, Usage};
use shared::id::{LeadId, TaskId, UserId};
use shared::model::agentic_run::OpenPostTask;
use shared::model::ai_configuration::AiConfiguration;
use shared::model::lead::{Lead, LeadDetails, LeadStatus};
use shared::model::lead_activity::LeadActivityKind;
use shared::model::organization::Organization;
use shared::model::post::Post;
use shared::model::task::{ATTEMPTS_MAXIMUM, LEASE, TaskInput, TaskOutput, TaskStatus};
use shared::queue::TaskMessage;
use shared_lambda::JobError;
use task_runner::run_task;
use testkit::{Caller, Cloud, ScriptedAi};
use tokio::time::{advance, sleep};

async fn founder(cloud: &Cloud) -> (Caller, LeadId) {
    let ada = cloud.caller("Ada Lovelace").await;
    let grace = cloud.lead(ada.organization_id, "Grace Hopper", LeadStatus::Contacted, 12).await;
    (ada, grace)
}

#[tokio::test(start_paused = true)]
async fn a_follow_up_is_written_added_to_the_lead_and_counted() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, grace) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    advance(Duration::from_secs(3)).await;
    run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
    let (done, now) = (stored(&cloud, &task).await, cloud.services.clock.now());
    assert_eq!((done.status, done.attempts, &done.error), (TaskStatus::Completed, 1, &None));
    let Some(TaskOutput::LeadFollowup { activity_id, subject, body, next_step }) = done.output else {
        panic!("{done:?}")
    };
    assert!(is_filled(&FollowUp { subject: subject.clone(), body: body.clone(), next_step }));
    let activities = activities(&cloud, ada.organization_id, grace).await;
    assert_eq!(activities.len(), 1);
    assert_eq!(
        (activities[0].id, activities[0].kind, activities[0].task_id),
        (activity_id, LeadActivityKind::Task, Some(task.id))
    );
    assert_eq!((&activities[0].subject, &activities[0].body), (&subject, &body));
    let lead = lead(&cloud, ada.organization_id, grace).await;
    assert_eq!((lead.open_follow_up_task_id, lead.last_follow_up_at), (None, Some(now)));
    assert_eq!(lead.details.notes, Some(format!("2026-11-20: Follow-up prepared: {subject}")));
    let used = usage(&cloud, ada.organization_id).await;
    assert_eq!((used.tasks, used.tasks_completed), (1, 1));
    assert!(used.input_tokens > 0 && used.output_tokens > 0);
    assert_eq!(trail(&cloud, ada.organization_id).await, ["task.created", "task.completed"]);
    let asked = ai.asked().pop().unwrap().purpose;
    let Purpose::LeadFollowUp(brief) = asked else { panic!("{asked:?}") };
    assert_eq!((brief.lead_name.as_deref(), brief.days_since_contact), (Some("Grace Hopper"), Some(12)));
    assert_eq!((brief.sender_name.as_deref(), brief.follow_ups_sent), (Some("Ada Lovelace"), Some(0)));
}

#[tokio::test(start_paused = true)]
async fn what_the_assistant_is_to_be_like_reaches_it() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, grace) = founder(&cloud).await;
    let configuration = AiConfiguration {
        personality: Some("A calm engineer.".to_owned()),
        tone: Some("warm".to_owned()),
        goals: vec!["Ten customers by spring".to_owned()],
        industry: Some("Looms".to_owned()),
        ..AiConfiguration::default_of(ada.organization_id)
    };
    cloud.write(|transaction| transaction.create(configuration.clone())).await;
    for input in [TaskInput::LeadFollowup { lead_id: grace }, TaskInput::SocialMediaPost] {
        let task = create(&cloud, &ada, input).await;
        run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
        let asked = ai.asked().pop().unwrap();
        let told = &asked.messages[0].content;
        for fact in ["A calm engineer.", "warm", "Ten customers by spring"] {
            assert!(told.contains(fact), "{fact}: {told}");
        }
        if let Purpose::SocialMediaPost(brief) = asked.purpose {
            assert_eq!(brief.industry.as_deref(), Some("Looms"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_for_a_deleted_organization() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, grace) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    cloud.delete_organization(ada.organization_id).await;
    run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
    let failed = stored(&cloud, &task).await;
    assert_eq!((failed.status, failed.error.unwrap().code.as_str()), (TaskStatus::Failed, "organization_deleted"));
    assert!(ai.asked().is_empty());
    assert_eq!(usage(&cloud, ada.organization_id).await.tasks, 0, "what it reserved is given back");
    let lead = lead(&cloud, ada.organization_id, grace).await;
    assert_eq!(lead.open_follow_up_task_id, None, "and its lead is free");
}

#[tokio::test(start_paused = true)]
async fn the_next_follow_up_is_worded_differently_and_notes_grow() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, grace) = founder(&cloud).await;
    for _ in 0..2 {
        let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
        run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
        advance(Duration::from_secs(24 * 60 * 60)).await;
    }
    let written = activities(&cloud, ada.organization_id, grace).await;
    assert_eq!(written.len(), 2);
    assert_ne!(written[0].body, written[1].body);
    let notes = lead(&cloud, ada.organization_id, grace).await.details.notes.unwrap();
    assert_eq!(
        notes.lines().map(|line| line.split(':').next().unwrap()).collect::<Vec<_>>(),
        ["2026-11-20", "2026-11-21"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_post_is_written_as_a_draft() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, _) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::SocialMediaPost).await;
    run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
    let done = stored(&cloud, &task).await;
    let Some(TaskOutput::SocialMediaPost { text, hashtags, .. }) = done.output else { panic!("{done:?}") };
    assert!(!text.is_empty() && !hashtags.is_empty());
    assert!(read::<OpenPostTask>(&cloud, OpenPostTask::key_of(ada.organization_id)).await.is_none());
    let (store, now, week) = (&cloud.services.store, cloud.services.clock.now(), Duration::from_secs(7 * 24 * 60 * 60));
    assert_eq!(Post::written_within(store, ada.organization_id, week, now, 3).await.unwrap(), 1);
    let used = usage(&cloud, ada.organization_id).await;
    assert_eq!((used.tasks, used.posts, used.tasks_completed), (1, 1, 1));
    let another = create(&cloud, &ada, TaskInput::SocialMediaPost).await;
    run_task(&deps(&cloud, &ai), message(&another)).await.unwrap();
    let done = stored(&cloud, &another).await.output;
    assert!(matches!(done, Some(TaskOutput::SocialMediaPost { text: other, .. }) if other != text));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_five_times_at_once_runs_the_task_once() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new().waits(Duration::from_millis(800)));
    let (ada, grace) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let deps = deps(&cloud, &ai);
    for outcome in join_all((0..5).map(|_| run_task(&deps, message(&task)))).await {
        outcome.unwrap();
    }
    run_task(&deps, message(&task)).await.unwrap();
    assert_eq!(ai.asked().len(), 1);
    assert_eq!(activities(&cloud, ada.organization_id, grace).await.len(), 1);
    assert_eq!(usage(&cloud, ada.organization_id).await.tasks_completed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_lease_ran_out_writes_nothing() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new().waits(LEASE + Duration::from_secs(10)));
    let (ada, grace) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let deps = deps(&cloud, &ai);
    let early = async {
        sleep(LEASE - Duration::from_secs(1)).await;
        run_task(&deps, message(&task)).await.unwrap();
        assert_eq!(ai.asked().len(), 1, "the row is the first worker's until the lease ends");
        sleep(Duration::from_secs(1)).await;
        run_task(&deps, message(&task)).await.unwrap();
        stored(&cloud, &task).await
    };
    let (slow, done) = join(run_task(&deps, message(&task)), early).await;
    slow.unwrap();
    assert_eq!((done.status, done.attempts, ai.asked().len()), (TaskStatus::Completed, 2, 2));
    assert_eq!(stored(&cloud, &task).await, done);
    assert_eq!(activities(&cloud, ada.organization_id, grace).await.len(), 1);
    assert_eq!(usage(&cloud, ada.organization_id).await.tasks_completed, 1);
}

#[tokio::test(start_paused = true)]
async fn an_assistant_that_stays_away_fails_the_task_after_five_attempts() {
    let cloud = Cloud::new();
    let ai = (0..ATTEMPTS_MAXIMUM).fold(ScriptedAi::new(), |ai, _| ai.unavailable());
    let (ada, grace) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let deps = deps(&cloud, &ai);
    for attempt in 1..=ATTEMPTS_MAXIMUM {
        let before = stored(&cloud, &task).await;
        run_task(&deps, message(&task)).await.unwrap();
        run_task(&deps, message(&task)).await.unwrap();
        let after = stored(&cloud, &task).await;
        assert_eq!((before.status, after.attempts), (TaskStatus::Pending, attempt), "not again before its time");
        advance(after.due_at.since(cloud.services.clock.now())).await;
    }
    let failed = stored(&cloud, &task).await;
    assert_eq!((failed.status, failed.attempts), (TaskStatus::Failed, ATTEMPTS_MAXIMUM));
    assert_eq!(failed.error.unwrap().code, "ai_unavailable");
    let used = usage(&cloud, ada.organization_id).await;
    assert_eq!((used.tasks, used.tasks_completed), (0, 0));
    assert_eq!(lead(&cloud, ada.organization_id, grace).await.open_follow_up_task_id, None);
    let mut expected = vec!["task.created"];
    expected.extend(["task.attemptFailed"; 4]);
    expected.push("task.failed");
    assert_eq!(trail(&cloud, ada.organization_id).await, expected);
    run_task(&deps, message(&task)).await.unwrap();
    assert_eq!(ai.asked().len(), 5, "what is over is over");
}

#[tokio::test(start_paused = true)]
async fn failures_are_repeated_where_that_can_help_and_their_tokens_count() {
    let spent = Usage { input_tokens: 20, output_tokens: 5 };
    let ai = ScriptedAi::new()
        .fails(AiError::InvalidOutput { reason: "no JSON".to_owned(), usage: spent })
        .fails(AiError::Refused { usage: spent });
    let cloud = Cloud::new();
    let (ada, _) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::SocialMediaPost).await;
    let deps = deps(&cloud, &ai);
    run_task(&deps, message(&task)).await.unwrap();
    let repeated = stored(&cloud, &task).await;
    assert_eq!((repeated.status, repeated.error.unwrap().code.as_str()), (TaskStatus::Pending, "ai_invalid_output"));
    assert!(read::<OpenPostTask>(&cloud, OpenPostTask::key_of(ada.organization_id)).await.is_some());
    advance(Duration::from_secs(30)).await;
    run_task(&deps, message(&task)).await.unwrap();
    let refused = stored(&cloud, &task).await;
    assert_eq!((refused.status, refused.error.unwrap().code.as_str()), (TaskStatus::Failed, "ai_refused"));
    assert!(read::<OpenPostTask>(&cloud, OpenPostTask::key_of(ada.organization_id)).await.is_none());
    let used = usage(&cloud, ada.organization_id).await;
    assert_eq!((used.tasks, used.posts, used.input_tokens, used.output_tokens), (0, 0, 40, 10));
}

#[tokio::test(start_paused = true)]
async fn a_removed_lead_ends_its_task() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, grace) = founder(&cloud).await;
    let remove =
        async || cloud.write(|transaction| transaction.delete_key(Lead::key_of(ada.organization_id, grace))).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    remove().await;
    run_task(&deps(&cloud, &ai), message(&task)).await.unwrap();
    let failed = stored(&cloud, &task).await;
    assert_eq!((failed.status, failed.error.unwrap().code.as_str()), (TaskStatus::Failed, "lead_gone"));
    assert_eq!((usage(&cloud, ada.organization_id).await.tasks, ai.asked().len()), (0, 0), "no token is bought for it");
    let alan = cloud.lead(ada.organization_id, "Alan", LeadStatus::New, 1).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: alan }).await;
    let slow = ScriptedAi::new().waits(Duration::from_secs(5));
    let deps = deps(&cloud, &slow);
    let removal = async {
        sleep(Duration::from_secs(1)).await;
        cloud.write(|transaction| transaction.delete_key(Lead::key_of(ada.organization_id, alan))).await;
    };
    join(run_task(&deps, message(&task)), removal).await.0.unwrap();
    assert_eq!(stored(&cloud, &task).await.error.unwrap().code, "lead_gone");
    let used = usage(&cloud, ada.organization_id).await;
    assert!(used.tasks == 0 && used.output_tokens > 0, "written for nothing, but paid for: {used:?}");
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_lead_meanwhile_is_kept() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new().waits(Duration::from_secs(5)));
    let (ada, grace) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let change = async {
        sleep(Duration::from_secs(1)).await;
        let current =
            cloud.services.store.get::<Lead>(&Lead::key_of(ada.organization_id, grace)).await.unwrap().unwrap();
        let details = LeadDetails { notes: Some("Met in Oslo".to_owned()), ..current.details.clone() };
        cloud
            .write(|transaction| {
                transaction.replace(&current, Lead { details: details.clone(), ..current.value.clone() })
            })
            .await;
    };
    join(run_task(&deps(&cloud, &ai), message(&task)), change).await.0.unwrap();
    let lead = lead(&cloud, ada.organization_id, grace).await;
    assert!(lead.details.notes.unwrap().starts_with("Met in Oslo\n2026-11-20: "));
    assert_eq!(lead.open_follow_up_task_id, None);
}

#[tokio::test(start_paused = true)]
async fn attempts_that_all_died_end_the_task() {
    let hour = Duration::from_secs(3600);
    let ai = (0..ATTEMPTS_MAXIMUM).fold(ScriptedAi::new(), |ai, _| ai.waits(hour));
    let cloud = Cloud::new();
    let (ada, _) = founder(&cloud).await;
    let task = create(&cloud, &ada, TaskInput::SocialMediaPost).await;
    let deps = deps(&cloud, &ai);
    for _ in 0..ATTEMPTS_MAXIMUM {
        let died = tokio::time::timeout(Duration::from_secs(50), run_task(&deps, message(&task))).await;
        assert!(died.is_err(), "the instance dies at work");
        advance(LEASE).await;
    }
    run_task(&deps, message(&task)).await.unwrap();
    let failed = stored(&cloud, &task).await;
    assert_eq!((failed.status, failed.attempts), (TaskStatus::Failed, ATTEMPTS_MAXIMUM));
    assert_eq!(failed.error.unwrap().code, "abandoned");
    let used = usage(&cloud, ada.organization_id).await;
    assert_eq!((used.tasks, used.posts, ai.asked().len()), (0, 0, 5));
}

#[tokio::test(start_paused = true)]
async fn messages_that_name_nothing_of_theirs_are_rejected() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (ada, grace) = founder(&cloud).await;
    let eve = cloud.caller("Eve").await;
    let task = create(&cloud, &ada, TaskInput::LeadFollowup { lead_id: grace }).await;
    let deps = deps(&cloud, &ai);
    let nobody = cloud.services.ids.next::<UserId>().personal_organization();
    let unknown = cloud.services.ids.next::<TaskId>();
    for (organization_id, task_id) in
        [(eve.organization_id, task.id), (nobody, task.id), (ada.organization_id, unknown)]
    {
        let rejected = run_task(&deps, TaskMessage { organization_id, task_id, trace: None }).await;
        assert!(matches!(rejected, Err(JobError::Reject(_))), "{rejected:?}");
    }
    assert_eq!(stored(&cloud, &task).await, task);
    cloud.write(|transaction| transaction.delete_key(Organization::key_of(ada.organization_id))).await;
    let rejected = run_task(&deps, message(&task)).await;
    assert!(matches!(rejected, Err(JobError::Reject(_))), "{rejected:?}");
    assert!(ai.asked().is_empty());
}
