//! A table, its stream and the queues, with the projector between them.

use std::collections::BTreeMap;

use embedded::stream::lambda_event;
use embedded::template::{EventSource, Template, matches};
use embedded::{EmbeddedSqs, StreamReader, StreamRecord};
use projector::{Deps, KnownWebhooks, handle};
use serde_json::Value;
use shared::clock::Timestamp;
use shared::config::PlatformConfig;
use shared::event::{Actor, Event, Fact};
use shared::id::UserId;
use shared::model::counter::Counter;
use shared::model::projection::{Projection, ProjectionFailure};
use shared::queue::TaskMessage;
use shared::services::Services;
use shared::store::{Key, Listing, Store, Transaction};
use shared::trace::Trace;
use shared_lambda::{QueueSender, StreamEvent};
use testkit::{Cloud, TEMPLATE};

/// The queue that tasks are rung on.
pub(crate) const TASKS: &str = "groundwork-local-tasks";

/// The queue that mails are rung on.
pub(crate) const MAIL: &str = "groundwork-local-mail";
/// The queue that endpoints are rung for on.
pub(crate) const WEBHOOKS: &str = "groundwork-local-webhooks-out";

/// The queue that vendors' events are rung for on.
pub(crate) const INBOUND: &str = "groundwork-local-webhooks";

/// All counters.
pub(crate) const COUNTERS: [Counter; 9] = [
    Counter::Users,
    Counter::Organizations,
    Counter::OrganizationsAboveFree,
    Counter::Ventures,
    Counter::Leads,
    Counter::TasksCreated,
    Counter::TasksCompleted,
    Counter::TasksFailed,
    Counter::ChatMessages,
];

/// The counters in their order and how many accounts have which day as their last active one.
pub(crate) type Figures = (Vec<i64>, BTreeMap<String, i64>);

pub(crate) struct Bench {
    pub(crate) cloud: Cloud,
    pub(crate) sqs: EmbeddedSqs,
    pub(crate) deps: Deps,
    stream: StreamReader,
    filters: Vec<Value>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::over(Cloud::new()).await
    }

    pub(crate) async fn over(cloud: Cloud) -> Self {
        let template = Template::read(TEMPLATE).unwrap();
        let sqs = EmbeddedSqs::new(|| 0);
        template.create_queues(&sqs).await.unwrap();
        let source = template.functions["projector"].sources[0].clone();
        let EventSource::Stream { table, filters, .. } = source else { panic!("the projector follows a stream") };
        let stream = cloud.dynamodb.stream(table);
        let tasks = QueueSender::new(sqs.client(), sqs.queue_url(TASKS));
        let mail = QueueSender::new(sqs.client(), sqs.queue_url(MAIL));
        let webhooks = QueueSender::new(sqs.client(), sqs.queue_url(WEBHOOKS));
        let inbound = QueueSender::new(sqs.client(), sqs.queue_url(INBOUND));
        let known_webhooks = KnownWebhooks::default();
        let deps = Deps { services: cloud.services.clone(), tasks, mail, webhooks, inbound, known_webhooks };
        Self { cloud, sqs, deps, stream, filters }
    }

    /// The same, with queues that are not there.
    pub(crate) fn without_queue(&self) -> Deps {
        let nothing = QueueSender::new(self.sqs.client(), self.sqs.queue_url("nothing"));
        Deps {
            services: self.cloud.services.clone(),
            tasks: nothing.clone(),
            mail: nothing.clone(),
            webhooks: nothing.clone(),
            inbound: nothing,
            known_webhooks: KnownWebhooks::default(),
        }
    }

    /// The same, with a table that is not there.
    pub(crate) fn without_table(&self) -> Deps {
        let Services { store, clock, ids, config, .. } = &self.cloud.services;
        let config = PlatformConfig { table_name: "nothing".to_owned(), ..PlatformConfig::clone(config) };
        let services = Services::new(store.client().clone(), clock.clone(), ids.clone(), config);
        Deps { services, ..self.deps.clone() }
    }

    /// The store without faults, for looking behind the scenes.
    pub(crate) fn clean_store(&self) -> Store {
        let services = &self.cloud.services;
        let (tables, clock) = (services.store.tables().clone(), services.clock.clone());
        Store::new(self.cloud.dynamodb.client(), tables, clock, services.ids.clone())
    }

    /// An event of now, not yet written.
    pub(crate) fn event(&self, actor: Actor, fact: Fact) -> Event {
        let services = &self.cloud.services;
        services.event(ulid::organization(1), actor, Trace::begin(&services.ids), fact)
    }

    /// Writes an event, as commands do.
    pub(crate) async fn happen(&self, event: &Event) {
        let plan = || async {
            let mut transaction = Transaction::new();
            transaction.create(event.clone());
            Ok::<_, shared::problem::Problem>((transaction, ()))
        };
        self.clean_store().execute(plan).await.unwrap();
    }

    /// What an invocation would be given now, and the numbers of its records.
    pub(crate) async fn next_event(&self) -> (StreamEvent, Vec<String>) {
        let batch = self.stream.next_batch(100).await.unwrap();
        let wanted = batch.into_iter().filter(|record| self.passes(record)).collect::<Vec<_>>();
        let numbers = wanted.iter().map(|record| record.sequence().to_string()).collect();
        (serde_json::from_value(lambda_event(wanted)).unwrap(), numbers)
    }

    /// Brings what is in the stream to the projector, in batches of `size`, until the stream is quiet. A record that the projector
    /// reports as failed comes again, as Lambda brings it. Answers how often that happened.
    pub(crate) async fn pump(&self, deps: &Deps, size: usize) -> usize {
        let mut repeats = 0;
        loop {
            let batch = self.stream.next_batch(size).await.unwrap();
            let Some(last) = batch.last().map(StreamRecord::sequence) else { return repeats };
            let wanted = batch.iter().filter(|record| self.passes(record)).cloned();
            let event: StreamEvent = serde_json::from_value(lambda_event(wanted)).unwrap();
            let response = handle(deps, event).await;
            let failed = response.batch_item_failures.first().and_then(|failure| failure.item_identifier.clone());
            match failed {
                None => self.stream.acknowledge(last).await.unwrap(),
                Some(failed) => {
                    repeats += 1;
                    assert!(repeats < 1_000, "the projector does not get beyond {failed}");
                    let before =
                        batch.iter().map(StreamRecord::sequence).take_while(|number| number.to_string() != failed);
                    if let Some(before) = before.last() {
                        self.stream.acknowledge(before).await.unwrap();
                    }
                }
            }
        }
    }

    fn passes(&self, record: &StreamRecord) -> bool {
        self.filters.iter().any(|filter| matches(filter, record.lambda_json()))
    }

    /// The bodies on the `tasks` queue.
    pub(crate) fn rung(&self) -> Vec<TaskMessage> {
        let messages = self.sqs.messages(TASKS);
        messages.iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect()
    }

    pub(crate) async fn figures(&self) -> Figures {
        let store = self.clean_store();
        let mut counters = Vec::new();
        for counter in COUNTERS {
            counters.push(counter.read(&store).await.unwrap());
        }
        let shards = store.list_items(&Listing::of_partition("ACTIVE_DAY").limit(1000), None).await.unwrap().data;
        let mut days = BTreeMap::new();
        for shard in &shards {
            let key = Key::of(shard).unwrap().sk;
            let (day, _) = key.split_once('#').expect("a day and a shard");
            *days.entry(day.to_owned()).or_default() += shard["count"].as_n().unwrap().parse::<i64>().unwrap();
        }
        days.retain(|_, count| *count != 0);
        (counters, days)
    }

    pub(crate) async fn count(&self, counter: Counter) -> i64 {
        counter.read(&self.clean_store()).await.unwrap()
    }

    pub(crate) async fn projection(&self, event: &Event) -> Projection {
        Projection::read(&self.clean_store(), event.id).await.unwrap()
    }

    pub(crate) async fn failure(&self, event: &Event) -> Option<ProjectionFailure> {
        self.projection(event).await.failure.map(|failure| failure.value)
    }

    /// What the sweep does with a failure; whether it was due.
    pub(crate) async fn touch(&self, event: &Event) -> bool {
        let failure = self.projection(event).await.failure.expect("a failure");
        let Some(next) = failure.touched(self.now()) else { return false };
        self.clean_store().replace(&failure, next).await.unwrap().is_some()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.cloud.services.clock.now()
    }
}

/// Identifiers by number.
pub(crate) mod ulid {
    use shared::id::{OrganizationId, TaskId, UserId};

    pub(crate) fn organization(number: u128) -> OrganizationId {
        of("org_", number)
    }

    pub(crate) fn user(number: u128) -> UserId {
        of("usr_", number)
    }

    pub(crate) fn task(number: u128) -> TaskId {
        of("tsk_", number)
    }

    pub(crate) fn of<T: std::str::FromStr<Err: std::fmt::Debug>>(prefix: &str, number: u128) -> T {
        format!("{prefix}{number:026}").parse().unwrap()
    }
}

/// A person as an actor.
pub(crate) fn user(number: u128) -> Actor {
    Actor::User { user_id: ulid::user(number) }
}

/// The account of a person.
pub(crate) fn user_id(number: u128) -> UserId {
    ulid::user(number)
}
