//! What the tests of this function share.

use std::sync::Arc;

use shared::ai::FollowUp;
use shared::event::{Actor, Event, Fact};
use shared::id::{LeadId, OrganizationId, TaskId};
use shared::model::agentic_run::OpenPostTask;
use shared::model::lead::Lead;
use shared::model::lead_activity::LeadActivity;
use shared::model::organization::Organization;
use shared::model::task::{Task, TaskInput};
use shared::model::usage::Usage;
use shared::queue::TaskMessage;
use shared::store::{Entity, Key, Listing};
use shared::trace::Trace;
use task_runner::Deps;
use testkit::{Caller, Cloud, ScriptedAi};

pub(crate) fn deps(cloud: &Cloud, ai: &ScriptedAi) -> Deps {
    Deps { services: cloud.services.clone(), ai: Arc::new(ai.clone()) }
}

pub(crate) fn message(task: &Task) -> TaskMessage {
    TaskMessage { organization_id: task.organization_id, task_id: task.id, trace: None }
}

pub(crate) async fn read<T: Entity>(cloud: &Cloud, key: Key) -> Option<T> {
    cloud.services.store.get::<T>(&key).await.unwrap().map(|found| found.value)
}

/// A task as the agents function creates it for this person.
pub(crate) async fn create(cloud: &Cloud, caller: &Caller, input: TaskInput) -> Task {
    let (services, organization) = (&cloud.services, caller.organization_id);
    let plan = read::<Organization>(cloud, Organization::key_of(organization)).await.unwrap().plan.plan();
    let created_by = Actor::User { user_id: caller.user_id };
    let (id, trace, now) = (services.ids.next::<TaskId>(), Trace::begin(&services.ids), services.clock.now());
    let task = Task::new(id, organization, "Task".to_owned(), input, created_by, trace, now);
    let lead = match task.input {
        TaskInput::LeadFollowup { lead_id } => {
            services.store.get::<Lead>(&Lead::key_of(organization, lead_id)).await.unwrap()
        }
        TaskInput::SocialMediaPost | TaskInput::EmailCampaign { .. } => None,
    };
    let is_post = task.input == TaskInput::SocialMediaPost;
    cloud
        .write(|transaction| {
            if let Some(lead) = &lead {
                transaction.replace(lead, lead.with_follow_up(task.id, now).unwrap());
            }
            if is_post {
                transaction.create(OpenPostTask { organization_id: organization, task_id: task.id });
            }
            let fact = Fact::TaskCreated { task_id: task.id, kind: task.input.kind() };
            let limit = shared::problem::Problem::internal("the plan's limit is reached");
            shared::tasks::create(
                transaction,
                task.clone(),
                plan,
                services.event(organization, created_by, trace, fact),
                limit,
            );
        })
        .await;
    task
}

pub(crate) async fn stored(cloud: &Cloud, task: &Task) -> Task {
    read::<Task>(cloud, task.key()).await.unwrap()
}

pub(crate) async fn lead(cloud: &Cloud, organization: OrganizationId, id: LeadId) -> Lead {
    read::<Lead>(cloud, Lead::key_of(organization, id)).await.unwrap()
}

pub(crate) async fn activities(cloud: &Cloud, organization: OrganizationId, lead: LeadId) -> Vec<LeadActivity> {
    let listing = Listing::of_partition(LeadActivity::partition(organization, lead));
    let page = cloud.services.store.list::<LeadActivity>(&listing, None).await.unwrap();
    page.data.into_iter().map(|activity| activity.value).collect()
}

/// The types of an organisation's events, the oldest first.
pub(crate) async fn trail(cloud: &Cloud, organization: OrganizationId) -> Vec<String> {
    let listing = Listing::of_partition(Event::partition(organization)).limit(100);
    let page = cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    let kind = |event: &Event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
    page.data.iter().map(|event| kind(event)).collect()
}

pub(crate) async fn usage(cloud: &Cloud, organization: OrganizationId) -> Usage {
    let key = Usage::key_of(organization, &cloud.services.clock.now().month());
    read::<Usage>(cloud, key).await.unwrap_or_default()
}

/// A message that an assistant could have written.
pub(crate) fn is_filled(message: &FollowUp) -> bool {
    [&message.subject, &message.body, &message.next_step].iter().all(|text| !text.trim().is_empty())
}
