//! The agentic engine and its tasks on a table that has bad days: the same end, whatever happens on the way.

use std::time::Duration;

use crate::support::{activities, deps, lead, message, read, trail, usage};
use futures_util::future::join_all;
use shared::agentic::{RunRequest, run};
use shared::event::Actor;
use shared::model::agentic_run::{Action, OpenPostTask};
use shared::model::lead::LeadStatus;
use shared::model::organization::Organization;
use shared::model::task::{Task, TaskStatus};
use shared::plan::PlanName;
use shared::store::Listing;
use shared::trace::Trace;
use task_runner::run_task;
use testkit::{Cloud, FaultPlan, ScriptedAi};
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn an_analysis_and_its_tasks_end_the_same_under_every_seed() {
    for seed in 0..20 {
        check(seed).await;
    }
}

async fn check(seed: u64) {
    let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
    let calm = cloud.without_faults();
    let ada = calm.caller("Ada").await;
    calm.set_plan(ada.organization_id, PlanName::Pro).await;
    let mut leads = Vec::new();
    for number in 0..5 {
        leads.push(calm.lead(ada.organization_id, &format!("Lead {number}"), LeadStatus::Qualified, 10 + number).await);
    }
    let organization = read::<Organization>(&calm, Organization::key_of(ada.organization_id)).await.unwrap();
    let request = RunRequest {
        organization: &organization,
        run_id: "2026-11-20T09".to_owned(),
        actor: Actor::Platform,
        trace: Trace::begin(&cloud.services.ids),
    };
    let mut actions = None;
    for _ in 0..20 {
        // Two workers got the same message.
        let runs = join_all([run(&cloud.services, &request), run(&cloud.services, &request)]).await;
        if let Some(run) = runs.into_iter().find_map(Result::ok) {
            actions = Some(run.actions);
            break;
        }
        advance(Duration::from_secs(10)).await;
    }
    let actions = actions.unwrap_or_else(|| panic!("seed {seed}: the run does not end"));
    let follow_ups = actions.iter().filter(|action| matches!(action, Action::LeadFollowup { .. })).count();
    assert_eq!((follow_ups, actions.len()), (3, 4), "seed {seed}: {actions:?}");
    let ai = ScriptedAi::new().unavailable();
    let deps = deps(&cloud, &ai);
    for _ in 0..30 {
        for task in tasks(&calm, &organization).await {
            join_all([run_task(&deps, message(&task)), run_task(&deps, message(&task))]).await;
        }
        advance(Duration::from_secs(60)).await;
    }
    let tasks = tasks(&calm, &organization).await;
    assert_eq!(tasks.len(), 4, "seed {seed}");
    assert!(tasks.iter().all(|task| task.status == TaskStatus::Completed), "seed {seed}: {tasks:?}");
    let mut followed = 0;
    for id in leads {
        let (lead, activities) = (lead(&calm, organization.id, id).await, activities(&calm, organization.id, id).await);
        assert_eq!(lead.open_follow_up_task_id, None, "seed {seed}");
        assert_eq!(lead.details.notes.map_or(0, |notes| notes.lines().count()), activities.len(), "seed {seed}");
        assert!(activities.len() <= 1, "seed {seed}");
        followed += activities.len();
    }
    assert_eq!(followed, 3, "seed {seed}");
    assert!(read::<OpenPostTask>(&calm, OpenPostTask::key_of(organization.id)).await.is_none(), "seed {seed}");
    let used = usage(&calm, organization.id).await;
    assert_eq!((used.tasks, used.posts, used.tasks_completed), (4, 1, 4), "seed {seed}");
    let trail = trail(&calm, organization.id).await;
    for (kind, times) in [("task.created", 4), ("task.completed", 4), ("task.failed", 0), ("agentic.runCompleted", 1)] {
        assert_eq!(trail.iter().filter(|found| *found == kind).count(), times, "seed {seed}: {kind}");
    }
}

async fn tasks(cloud: &Cloud, organization: &Organization) -> Vec<Task> {
    let listing = Listing::of_partition(Task::partition(organization.id));
    let page = cloud.services.store.list::<Task>(&listing, None).await.unwrap();
    page.data.into_iter().map(|task| task.value).collect()
}
