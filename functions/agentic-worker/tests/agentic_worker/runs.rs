//! Messages and the runs they bring about.

use std::time::Duration;

use agentic_worker::{Deps, handle};
use embedded::EmbeddedSqs;
use embedded::template::Template;
use serde_json::json;
use shared::config::PlatformConfig;
use shared::event::{Actor, Event, Fact};
use shared::id::OrganizationId;
use shared::model::agentic_run::{Action, AgenticRun};
use shared::model::lead::LeadStatus;
use shared::model::task::{Task, TaskStatus};
use shared::plan::PlanName;
use shared::services::Services;
use shared::store::Listing;
use shared_lambda::{QueueSender, SqsEvent};
use testkit::{Caller, Cloud, FaultPlan, FaultyDynamoDb, TEMPLATE};
use tokio::time::advance;

const DEAD_LETTERS: &str = "groundwork-local-agentic-dead-letters";
const SLOT: &str = "2026-11-20T09";

struct Bench {
    cloud: Cloud,
    sqs: EmbeddedSqs,
    dead_letters: QueueSender,
}

impl Bench {
    async fn new(cloud: Cloud) -> Self {
        let sqs = EmbeddedSqs::new(|| 0);
        Template::read(TEMPLATE).unwrap().create_queues(&sqs).await.unwrap();
        let dead_letters = QueueSender::new(sqs.client(), sqs.queue_url(DEAD_LETTERS));
        Self { cloud, sqs, dead_letters }
    }

    /// Works off messages with these bodies; which of them are to come again.
    async fn work(&self, services: &Services, bodies: &[String]) -> Vec<String> {
        let record = |(place, body): (usize, &String)| {
            json!({
                "messageId": format!("m{place}"), "receiptHandle": "r", "body": body, "attributes": {},
                "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "eu-west-1",
            })
        };
        let records = bodies.iter().enumerate().map(record).collect::<Vec<_>>();
        let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
        let response = handle(&Deps { services: services.clone() }, event, &self.dead_letters).await;
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    /// The dead letters: body and reason.
    async fn dead(&self) -> Vec<(String, String)> {
        let client = self.sqs.client();
        let receive = client.receive_message().queue_url(self.sqs.queue_url(DEAD_LETTERS)).max_number_of_messages(10);
        let messages = receive.message_attribute_names("All").send().await.unwrap().messages.unwrap_or_default();
        let letter = |message: aws_sdk_sqs::types::Message| {
            let reason = message.message_attributes.unwrap().remove("reason").unwrap().string_value.unwrap();
            (message.body.unwrap(), reason)
        };
        messages.into_iter().map(letter).collect()
    }

    async fn pro(&self) -> Caller {
        let caller = self.cloud.caller("Ada").await;
        self.cloud.set_plan(caller.organization_id, PlanName::Pro).await;
        caller
    }

    async fn run(&self, organization: OrganizationId) -> Option<AgenticRun> {
        let key = AgenticRun::key_of(organization, SLOT);
        self.clean().store.get::<AgenticRun>(&key).await.unwrap().map(|run| run.value)
    }

    async fn tasks(&self, organization: OrganizationId) -> usize {
        let listing =
            Listing::of_index(Task::partition(organization), Task::listing(organization, TaskStatus::Pending));
        self.clean().store.list_items(&listing, None).await.unwrap().data.len()
    }

    async fn completed(&self, organization: OrganizationId) -> Vec<Event> {
        let page = self.clean().store.list::<Event>(&Listing::of_partition(Event::partition(organization)), None).await;
        let events = page.unwrap().data.into_iter().map(|event| event.value);
        events.filter(|event| matches!(event.fact, Fact::AgenticRunCompleted { .. })).collect()
    }

    /// The platform without faults, for looking behind the scenes.
    fn clean(&self) -> Services {
        let Services { clock, ids, config, .. } = &self.cloud.services;
        Services::new(self.cloud.dynamodb.client(), clock.clone(), ids.clone(), PlatformConfig::clone(config))
    }
}

pub(crate) fn message(organization: impl ToString, slot: &str) -> String {
    let trace = json!({"correlationId": "req_01KAGR3V0R0000000000000000"});
    json!({"organizationId": organization.to_string(), "slot": slot, "trace": trace}).to_string()
}

#[tokio::test(start_paused = true)]
async fn however_often_the_message_comes_there_is_one_run() {
    let bench = Bench::new(Cloud::new()).await;
    let id = bench.pro().await.organization_id;
    for number in 0..5 {
        bench.cloud.lead(id, &format!("Lead {number}"), LeadStatus::Contacted, 8).await;
    }
    let services = &bench.cloud.services;
    assert!(bench.work(services, &[message(id, SLOT)]).await.is_empty());
    let first = bench.run(id).await.unwrap();
    let of_leads = |action: &&Action| matches!(action, Action::LeadFollowup { .. });
    assert_eq!((first.insights.len(), first.actions.len(), first.actions.iter().filter(of_leads).count()), (2, 4, 3));
    assert!(bench.work(services, &vec![message(id, SLOT); 4]).await.is_empty());
    assert_eq!((bench.run(id).await.unwrap(), bench.tasks(id).await), (first, 4));
    let completed = bench.completed(id).await;
    assert_eq!((completed.len(), completed[0].actor), (1, Actor::Platform));
    assert!(bench.work(services, &[message(id, "2026-11-20T10")]).await.is_empty());
    assert_eq!(bench.completed(id).await.len(), 2, "the next hour is another run");
}

#[tokio::test(start_paused = true)]
async fn duplicates_at_once_on_bad_days_are_one_run() {
    for seed in 0..8 {
        let bench = Bench::new(Cloud::with_faults(FaultPlan::seeded(seed).often(0))).await;
        let id = bench.pro().await.organization_id;
        for number in 0..5 {
            bench.cloud.lead(id, &format!("Lead {number}"), LeadStatus::Qualified, 9).await;
        }
        let faulty = bench.cloud.with_fault_plan(FaultPlan::seeded(seed).often(300));
        let mut open = vec![message(id, SLOT); 3];
        for _ in 0..50 {
            let failed = bench.work(&faulty, &open).await.len();
            if failed == 0 {
                break;
            }
            open.truncate(failed);
        }
        let run = bench.run(id).await.unwrap();
        assert!(run.finished_at.is_some(), "seed {seed}");
        assert_eq!((run.actions.len(), bench.tasks(id).await), (4, 4), "seed {seed}: {run:?}");
        assert_eq!(bench.completed(id).await.len(), 1, "seed {seed}");
    }
}

trait WithFaultPlan {
    fn with_fault_plan(&self, plan: FaultPlan) -> Services;
}

impl WithFaultPlan for Cloud {
    /// The same table with these faults.
    fn with_fault_plan(&self, plan: FaultPlan) -> Services {
        let client = Cloud::client(&self.dynamodb, FaultyDynamoDb::new(self.dynamodb.clone(), plan));
        let Services { clock, ids, config, .. } = &self.services;
        Services::new(client, clock.clone(), ids.clone(), PlatformConfig::clone(config))
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_organization_is_left_alone() {
    let bench = Bench::new(Cloud::new()).await;
    let id = bench.pro().await.organization_id;
    bench.cloud.delete_organization(id).await;
    assert!(bench.work(&bench.cloud.services, &[message(id, SLOT)]).await.is_empty());
    assert_eq!((bench.run(id).await, bench.tasks(id).await), (None, 0));
    assert!(bench.dead().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_the_engine_is_left_alone() {
    let bench = Bench::new(Cloud::new()).await;
    let id = bench.cloud.caller("Ada").await.organization_id;
    assert!(bench.work(&bench.cloud.services, &[message(id, SLOT)]).await.is_empty());
    assert_eq!((bench.run(id).await, bench.tasks(id).await), (None, 0));
    assert!(bench.dead().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_done_is_a_dead_letter_that_says_why() {
    let bench = Bench::new(Cloud::new()).await;
    let id = bench.pro().await.organization_id;
    let gone = message("org_01KAGR3V0R0000000000000000", SLOT);
    let cases: [(String, &str); 6] = [
        ("{".to_owned(), "malformed body"),
        (message("usr_01KAGR3V0R0000000000000000", SLOT), "organizationId"),
        (json!({"organizationId": id.to_string()}).to_string(), "slot"),
        (message(id, SLOT).replace("\"slot\"", "\"force\": true, \"slot\""), "force"),
        (message(id, "now"), "no hour"),
        (gone, "no such organisation"),
    ];
    let bodies = cases.iter().map(|(body, _)| body.clone()).chain([message(id, SLOT)]).collect::<Vec<_>>();
    assert!(bench.work(&bench.cloud.services, &bodies).await.is_empty(), "none of them comes again");
    let dead = bench.dead().await;
    assert_eq!(dead.len(), cases.len());
    for (body, expected) in &cases {
        let (_, reason) = dead.iter().find(|(dead, _)| dead == body).unwrap();
        assert!(reason.contains(expected), "{body}: {reason}");
    }
    assert!(bench.run(id).await.is_some(), "the good one beside them is done");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_a_day_late_runs_nothing() {
    let bench = Bench::new(Cloud::new()).await;
    let id = bench.pro().await.organization_id;
    let day = Duration::from_secs(24 * 60 * 60);
    advance(day).await;
    assert!(bench.work(&bench.cloud.services, &[message(id, SLOT)]).await.is_empty());
    assert_eq!(bench.completed(id).await.len(), 1, "the last moment");
    advance(Duration::from_millis(1)).await;
    assert!(bench.work(&bench.cloud.services, &[message(id, "2026-11-20T08")]).await.is_empty());
    // Out of the dead letters, when TTL has removed the run's row.
    bench.cloud.write(|transaction| transaction.delete_key(AgenticRun::key_of(id, SLOT))).await;
    advance(day * 13).await;
    assert!(bench.work(&bench.cloud.services, &[message(id, SLOT)]).await.is_empty());
    assert_eq!((bench.run(id).await, bench.completed(id).await.len()), (None, 1));
    assert!(bench.dead().await.is_empty(), "it does not come back again and again");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_brings_the_message_again() {
    let bench = Bench::new(Cloud::new()).await;
    let id = bench.pro().await.organization_id;
    let Services { store, clock, ids, config, .. } = &bench.cloud.services;
    let config = PlatformConfig { table_name: "nothing".to_owned(), ..PlatformConfig::clone(config) };
    let down = Services::new(store.client().clone(), clock.clone(), ids.clone(), config);
    let body = message(id, SLOT);
    assert_eq!(bench.work(&down, &vec![body.clone(); 3]).await.len(), 3);
    assert!(bench.dead().await.is_empty());
    assert!(bench.work(&bench.cloud.services, &[body]).await.is_empty());
    assert_eq!(bench.completed(id).await.len(), 1);
}
