//! Who is sent a message.

use std::collections::BTreeSet;
use std::time::Duration;

use agentic_run::{Deps, Summary, handle};
use aws_sdk_dynamodb::types::AttributeValue;
use embedded::EmbeddedSqs;
use embedded::template::Template;
use shared::id::OrganizationId;
use shared::model::organization::Organization;
use shared::plan::PlanName;
use shared::queue::AgenticMessage;
use shared_lambda::QueueSender;
use testkit::{Cloud, TEMPLATE};

const AGENTIC: &str = "groundwork-local-agentic";

struct Bench {
    cloud: Cloud,
    sqs: EmbeddedSqs,
    deps: Deps,
}

impl Bench {
    async fn new() -> Self {
        let (cloud, sqs) = (Cloud::new(), EmbeddedSqs::new(|| 0));
        Template::read(TEMPLATE).unwrap().create_queues(&sqs).await.unwrap();
        let agentic = QueueSender::new(sqs.client(), sqs.queue_url(AGENTIC));
        let deps = Deps { services: cloud.services.clone(), agentic };
        Self { cloud, sqs, deps }
    }

    async fn organizations(
        &self,
        ids: impl IntoIterator<Item = OrganizationId>,
        plan: PlanName,
    ) -> BTreeSet<OrganizationId> {
        let created_at = self.cloud.services.clock.now();
        let organization = |id| Organization {
            id,
            name: "O".to_owned(),
            industry: None,
            personal: false,
            plan,
            created_at,
            deletion: None,
            require_second_factor: false,
        };
        let all = ids.into_iter().map(organization).collect::<Vec<_>>();
        for chunk in all.chunks(100) {
            self.cloud.write(|transaction| chunk.iter().for_each(|one| transaction.create(one.clone()))).await;
        }
        all.iter().map(|organization| organization.id).collect()
    }

    fn new_ids(&self, count: usize) -> Vec<OrganizationId> {
        (0..count).map(|_| self.cloud.services.ids.next()).collect()
    }

    fn messages(&self) -> Vec<AgenticMessage> {
        self.sqs.messages(AGENTIC).iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
    }
}

/// Identifiers of one shard: multiples of eight.
fn of_one_shard(count: u128) -> impl Iterator<Item = OrganizationId> {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    (1..=count).map(|number| {
        let digit = |place: u32| char::from(DIGITS[usize::try_from((number * 8) >> (5 * place) & 31).unwrap()]);
        format!("org_{}", (0..26).rev().map(digit).collect::<String>()).parse().unwrap()
    })
}

#[tokio::test(start_paused = true)]
async fn every_organization_above_free_is_sent_one_message_of_the_hour() {
    let bench = Bench::new().await;
    let mut wanted = bench.organizations(of_one_shard(450), PlanName::Pro).await;
    wanted.extend(bench.organizations(bench.new_ids(40), PlanName::Outreach).await);
    wanted.extend(bench.organizations(bench.new_ids(5), PlanName::Enterprise).await);
    bench.organizations(bench.new_ids(30), PlanName::Free).await;
    let time = "2026-11-20T10:00:07Z".parse().unwrap();
    let summary = handle(&bench.deps, time).await.unwrap();
    assert_eq!(summary, Summary { slot: "2026-11-20T10".to_owned(), organizations: 495 });
    let messages = bench.messages();
    assert_eq!(messages.len(), 495);
    assert!(messages.iter().all(|message| message.slot == "2026-11-20T10"));
    assert_eq!(messages.iter().map(|message| message.organization_id).collect::<BTreeSet<_>>(), wanted);
}

#[tokio::test(start_paused = true)]
async fn the_messages_name_the_hour_they_are_for_however_late_they_are_sent() {
    let bench = Bench::new().await;
    bench.organizations(bench.new_ids(1), PlanName::Pro).await;
    let time = bench.cloud.services.clock.now();
    handle(&bench.deps, time).await.unwrap();
    tokio::time::advance(Duration::from_secs(3 * 60 * 60)).await;
    handle(&bench.deps, time).await.unwrap();
    let messages = bench.messages();
    let run = |message: &AgenticMessage| (message.organization_id, message.slot.clone());
    assert_eq!((messages.len(), run(&messages[0])), (2, run(&messages[1])), "tried again, it asks for the same run");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_ends_ends_the_messages() {
    let bench = Bench::new().await;
    let caller = bench.cloud.caller("Ada").await;
    let time = bench.cloud.services.clock.now();
    for (plan, organizations) in [(PlanName::Pro, 1), (PlanName::Enterprise, 1), (PlanName::Free, 0)] {
        bench.cloud.set_plan(caller.organization_id, plan).await;
        assert_eq!(handle(&bench.deps, time).await.unwrap().organizations, organizations, "{plan}");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_is_told_and_keeps_nobody_else_from_their_message() {
    let bench = Bench::new().await;
    let time = bench.cloud.services.clock.now();
    bench.organizations(bench.new_ids(3), PlanName::Pro).await;
    let store = &bench.cloud.services.store;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let put = store.client().put_item().table_name(store.table()).item("pk", text("STRAY")).item("sk", text("STRAY"));
    let put = put.item("entity", text("stray")).item("duePk", text("ABOVE_FREE#3")).item("dueSk", text("STRAY"));
    put.send().await.unwrap();
    assert_eq!(handle(&bench.deps, time).await.unwrap().organizations, 3);
    let agentic = QueueSender::new(bench.sqs.client(), bench.sqs.queue_url("nothing"));
    let mute = Deps { agentic, ..bench.deps.clone() };
    let error = handle(&mute, time).await.unwrap_err();
    assert!(error.to_string().contains("queue"), "{error}");
}
