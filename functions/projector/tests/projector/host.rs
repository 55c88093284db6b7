//! The function's binary as Lambda runs it.

use std::time::Duration;

use serde_json::json;
use shared::clock::TimeSource;
use shared::event::{Actor, Event, Fact};
use shared::id::{OrganizationId, TaskId};
use shared::model::counter::Counter;
use shared::model::lead::{Lead, LeadStatus};
use shared::model::projection::{Projection, ProjectionFailure, ProjectionMarker};
use shared::model::task::TaskKind;
use shared::plan::PlanName;
use shared::queue::TaskMessage;
use shared::store::Entity;
use shared::trace::Trace;
use testkit::runtime_api::stream_event;
use testkit::{FunctionHost, SystemClock};

const TASKS: &str = "groundwork-local-tasks";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn start() -> FunctionHost {
    FunctionHost::start("projector", env!("CARGO_BIN_EXE_projector")).await
}

async fn happen(host: &FunctionHost, organization: OrganizationId, fact: Fact) -> Event {
    let services = &host.cloud.services;
    let event = services.event(organization, Actor::Platform, Trace::begin(&services.ids), fact);
    host.cloud.write(|transaction| transaction.create(event.clone())).await;
    event
}

fn task_created(task_id: TaskId) -> Fact {
    Fact::TaskCreated { task_id, kind: TaskKind::SocialMediaPost }
}

#[tokio::test]
async fn it_follows_the_stream() {
    let host = start().await;
    let (services, task_id) = (&host.cloud.services, host.cloud.services.ids.next());
    let ada = host.cloud.caller("Ada").await;
    let organization = ada.organization_id;
    happen(&host, organization, task_created(task_id)).await;
    happen(&host, organization, Fact::PlanChanged { from: PlanName::Free, to: PlanName::Pro }).await;
    // What the filter keeps back: a changed organisation, a lead that came and went, a marker that expires.
    host.cloud.set_plan(organization, PlanName::Pro).await;
    let lead = host.cloud.lead(organization, "Grace", LeadStatus::New, 1).await;
    let lead = services.store.get::<Lead>(&Lead::key_of(organization, lead)).await.unwrap().unwrap();
    let old = ProjectionMarker::new(services.ids.next(), services.clock.now().minus(30 * DAY));
    host.cloud
        .write(|transaction| {
            transaction.delete(&lead);
            transaction.create(old.clone());
        })
        .await;
    host.cloud.dynamodb.sweep_expired(SystemClock.now().as_milliseconds()).await.unwrap();

    host.stream_cases().await;
    assert_eq!(Counter::TasksCreated.read(&services.store).await.unwrap(), 1);
    assert_eq!(Counter::OrganizationsAboveFree.read(&services.store).await.unwrap(), 1);
    let rung = host.bodies(TASKS).into_iter().map(|body| serde_json::from_str::<TaskMessage>(&body).unwrap().task_id);
    assert_eq!(rung.collect::<Vec<_>>(), [task_id]);
}

#[tokio::test]
async fn an_event_that_fails_is_tried_again_when_the_sweep_touches_it() {
    let host = start().await;
    let (services, task_id) = (&host.cloud.services, host.cloud.services.ids.next());
    let event = happen(&host, services.ids.next(), task_created(task_id)).await;
    let changes = host.changes().await;
    let after = changes.last().unwrap().sequence();
    let failure = ProjectionFailure::new(event.id, event.organization_id, "the queue is away", services.clock.now());
    host.cloud.write(|transaction| transaction.create(failure.clone())).await;
    let stored = services.store.get::<ProjectionFailure>(&failure.key()).await.unwrap().unwrap();
    let touched = failure.touched(failure.retry_at).unwrap();
    host.cloud.write(|transaction| transaction.replace(&stored, touched.clone())).await;

    let stream = host.cloud.dynamodb.stream(services.store.table());
    let changes = stream.batch_after(after, 10).await.unwrap();
    let passed = changes.into_iter().filter(|record| host.lets_through(record)).collect::<Vec<_>>();
    assert_eq!(passed.iter().map(|record| record.event_name()).collect::<Vec<_>>(), ["MODIFY"], "the touch alone");
    assert_eq!(host.invoke(stream_event(&passed)).await, json!({ "batchItemFailures": [] }));
    let projection = Projection::read(&services.store, event.id).await.unwrap();
    assert!(projection.done && projection.failure.is_none(), "{projection:?}");
    assert_eq!(host.bodies(TASKS).len(), 1);
}

#[tokio::test]
async fn an_unreadable_record_holds_up_nothing() {
    let host = start().await;
    let (services, organization) = (&host.cloud.services, host.cloud.services.ids.next());
    for _ in 0..3 {
        happen(&host, organization, task_created(services.ids.next())).await;
    }
    let mut batch = stream_event(&host.changes().await);
    let unreadable = &mut batch["Records"][1]["dynamodb"]["NewImage"];
    unreadable["type"] = json!({ "S": "nobody.knowsThis" });
    assert_eq!(host.invoke(batch).await, json!({ "batchItemFailures": [] }));
    assert_eq!(Counter::TasksCreated.read(&services.store).await.unwrap(), 2, "those before and after it");
    let failures = host.items().into_values().filter(|item| item["entity"]["S"] == "projectionFailure");
    assert_eq!(failures.count(), 1, "the sweep brings it back");
}
