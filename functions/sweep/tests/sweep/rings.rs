//! What the sweep rings and what it leaves alone.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use embedded::EmbeddedSqs;
use embedded::template::Template;
use shared::clock::Timestamp;
use shared::event::{Actor, Event, Fact};
use shared::id::{EventId, OrganizationId, TaskId};
use shared::ledger::{AccountId, Ledger, LedgerError, Leg, NewTransfer, PendingState, Reason};
use shared::model::mail::Mail;
use shared::model::projection::ProjectionFailure;
use shared::model::task::{LEASE, Task, TaskError, TaskInput};
use shared::model::webhook_delivery::WebhookDelivery;
use shared::queue::{MailMessage, TaskMessage, WebhookMessage};
use shared::store::{Entity, Listing, Transaction};
use shared::trace::Trace;
use shared_lambda::QueueSender;
use sweep::{Deps, Summary, handle};
use testkit::{Cloud, TEMPLATE};

const TASKS: &str = "groundwork-local-tasks";
const MAIL: &str = "groundwork-local-mail";
const WEBHOOKS: &str = "groundwork-local-webhooks-out";
const INBOUND: &str = "groundwork-local-webhooks";
const MINUTE: Duration = Duration::from_secs(60);
const TIME: Duration = Duration::from_secs(49);

struct Bench {
    cloud: Cloud,
    sqs: EmbeddedSqs,
    deps: Deps,
    organization: OrganizationId,
}

impl Bench {
    async fn new() -> Self {
        let (cloud, sqs) = (Cloud::new(), EmbeddedSqs::new(|| 0));
        Template::read(TEMPLATE).unwrap().create_queues(&sqs).await.unwrap();
        let tasks = QueueSender::new(sqs.client(), sqs.queue_url(TASKS));
        let mail = QueueSender::new(sqs.client(), sqs.queue_url(MAIL));
        let webhooks = QueueSender::new(sqs.client(), sqs.queue_url(WEBHOOKS));
        let inbound = QueueSender::new(sqs.client(), sqs.queue_url(INBOUND));
        let deps = Deps { services: cloud.services.clone(), tasks, mail, webhooks, inbound };
        let organization = cloud.services.ids.next();
        Self { cloud, sqs, deps, organization }
    }

    fn now(&self) -> Timestamp {
        self.cloud.services.clock.now()
    }

    async fn run(&self) -> Summary {
        handle(&self.deps, self.now(), TIME).await.unwrap()
    }

    fn task(&self) -> Task {
        let id = self.cloud.services.ids.next();
        let (title, trace) = ("Write".to_owned(), Trace::begin(&self.cloud.services.ids));
        Task::new(id, self.organization, title, TaskInput::SocialMediaPost, Actor::Platform, trace, self.now())
    }

    /// Writes tasks; what rings for them.
    async fn write(&self, tasks: &[Task]) -> Vec<TaskMessage> {
        for chunk in tasks.chunks(100) {
            self.cloud.write(|transaction| chunk.iter().for_each(|task| transaction.create(task.clone()))).await;
        }
        let organization_id = self.organization;
        tasks.iter().map(|task| TaskMessage { organization_id, task_id: task.id, trace: None }).collect()
    }

    /// What was rung, by task.
    fn rung(&self) -> Vec<TaskMessage> {
        let messages = self.sqs.messages(TASKS);
        let mut messages = messages
            .iter()
            .map(|message| serde_json::from_str::<TaskMessage>(&message.body).unwrap())
            .collect::<Vec<_>>();
        messages.sort_by_key(|message| message.task_id);
        messages
    }

    async fn fail(&self) -> EventId {
        let event = self.cloud.services.ids.next();
        let failure = ProjectionFailure::new(event, self.organization, "the queue is away", self.now());
        self.cloud.write(|transaction| transaction.create(failure.clone())).await;
        event
    }

    async fn failure(&self, event: EventId) -> ProjectionFailure {
        let key = ProjectionFailure::key_of(event);
        self.cloud.services.store.get::<ProjectionFailure>(&key).await.unwrap().unwrap().value
    }

    /// A row in the `due` index that no code of ours wrote.
    async fn stray(&self, partition: &str) {
        let store = &self.cloud.services.store;
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let put =
            store.client().put_item().table_name(store.table()).item("pk", text("STRAY")).item("sk", text(partition));
        let put = put.item("entity", text("stray")).item("duePk", text(partition));
        put.item("dueSk", text("2026-11-20T09:01:00.000Z")).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn it_rings_what_is_due_and_nothing_else() {
    let bench = Bench::new().await;
    let now = bench.now();
    let error = || TaskError { code: "ai_unavailable".to_owned(), message: String::new() };
    let claimed = |task: &Task| task.claimed(bench.cloud.services.ids.next(), now).unwrap();
    let (fresh, abandoned, failed_once) = (bench.task(), claimed(&bench.task()), claimed(&bench.task()));
    let failed_once = failed_once.attempt_failed(error(), true, now);
    let over = [claimed(&bench.task()).attempt_failed(error(), false, now), bench.task().cancelled(now).unwrap()];
    bench.write(&over).await;
    let rings = bench.write(&[fresh.clone(), abandoned, failed_once]).await;
    assert_eq!(bench.run().await, Summary::default());
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(bench.run().await.tasks_rung, 1, "the pause after an attempt is over at this very moment");
    assert_eq!(bench.rung(), rings[2..]);
    tokio::time::advance(LEASE).await;
    assert_eq!(bench.run().await.tasks_rung, 3, "a lost doorbell, an abandoned lease, and the one that is still due");
    assert_eq!(bench.rung(), [&rings[..], &rings[2..]].concat());
}

#[tokio::test(start_paused = true)]
async fn every_page_is_rung_once() {
    let bench = Bench::new().await;
    // All in one shard of the index and due at one time, so that pages end between equals.
    let ids = (0..450_u128).map(TaskId::from_shard);
    let tasks = ids.map(|id| Task { id, ..bench.task() }).collect::<Vec<_>>();
    let rings = bench.write(&tasks).await;
    tokio::time::advance(MINUTE * 3).await;
    assert_eq!(bench.run().await, Summary { tasks_rung: 450, ..Summary::default() });
    assert_eq!(bench.rung(), rings);
}

trait FromShard {
    fn from_shard(number: u128) -> Self;
}

impl FromShard for TaskId {
    /// Identifiers that are multiples of eight, and so of one shard.
    fn from_shard(number: u128) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let digit = |place: u32| char::from(DIGITS[usize::try_from((number * 8) >> (5 * place) & 31).unwrap()]);
        let text = (0..26).rev().map(digit).collect::<String>();
        format!("tsk_{text}").parse().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_event_is_brought_back_when_it_is_due() {
    let bench = Bench::new().await;
    let event = bench.fail().await;
    assert_eq!(bench.run().await, Summary::default(), "a minute has to pass first");
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await, Summary { failures_touched: 1, ..Summary::default() });
    let touched = bench.failure(event).await;
    assert_eq!((touched.touches, touched.attempts), (1, 1));
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await, Summary::default(), "the stream has time to bring it to the projector");
    tokio::time::advance(MINUTE * 4).await;
    assert_eq!(bench.run().await.failures_touched, 1, "the touch was lost");
    assert_eq!(bench.failure(event).await.touches, 2);
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_rung_for_until_it_is_sent() {
    let bench = Bench::new().await;
    let services = &bench.cloud.services;
    let fact = Fact::PasswordChanged { user_id: services.ids.next() };
    let event = services.event(bench.organization, Actor::Platform, Trace::begin(&services.ids), fact);
    let mail = Mail::of(&event, bench.now()).remove(0);
    bench.cloud.write(|transaction| transaction.create(mail.clone())).await;
    assert_eq!(bench.run().await, Summary::default(), "its doorbell is given two minutes");
    tokio::time::advance(MINUTE * 2).await;
    assert_eq!(bench.run().await, Summary { mails_rung: 1, ..Summary::default() });
    let rung = bench.sqs.messages(MAIL).into_iter().map(|message| message.body).collect::<Vec<_>>();
    let message = MailMessage { mail_id: mail.id, name: "PASSWORD_CHANGED".to_owned(), trace: None };
    assert_eq!(rung, [serde_json::to_string(&message).unwrap()]);
    let store = &services.store;
    let found = store.get::<Mail>(&mail.key()).await.unwrap().unwrap();
    let claim = found.claimed(services.ids.next(), bench.now());
    let held = store.replace(&found, claim).await.unwrap().unwrap();
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await, Summary::default(), "somebody is at it");
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await.mails_rung, 1, "and broke off");
    store.replace(&held, held.sent(None, bench.now())).await.unwrap().unwrap();
    tokio::time::advance(MINUTE * 60).await;
    assert_eq!(bench.run().await, Summary::default());
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_runs_out_is_noted_once_with_its_event() {
    let bench = Bench::new().await;
    let services = &bench.cloud.services;
    let (ledger, user) = (Ledger::new(services), services.ids.next());
    let wallet = AccountId::BuzWallet(user);
    let mint = vec![Leg::out_of(AccountId::BuzIssuance, 100), Leg::into(wallet, 100).or_open()];
    let hold = vec![Leg::out_of(wallet, 60), Leg::into(AccountId::BuzRewards, 60)];
    let new = |reason, legs| NewTransfer::new(services.ids.next(), bench.organization, reason, legs);
    let held = new(Reason::FundRewards, hold).pending(Some(MINUTE));
    let plan = || async {
        let mut transaction = Transaction::<LedgerError>::new();
        ledger.plan(&mut transaction, vec![new(Reason::Mint, mint.clone()), held.clone()]).await?;
        Ok((transaction, ()))
    };
    services.store.execute(plan).await.unwrap();
    assert_eq!(bench.run().await, Summary::default(), "its time is not over");
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await, Summary { transfers_timed_out: 1, ..Summary::default() });
    let transfer = ledger.transfer(held.id).await.unwrap().unwrap();
    assert_eq!(transfer.state, Some(PendingState::TimedOut));
    let account = ledger.account(wallet.part(0)).await.unwrap().unwrap();
    assert!(account.holds.is_empty() && account.balance(bench.now()).available == 100);
    let trail = services.store.list::<Event>(&Listing::of_partition(Event::partition(bench.organization)), None).await;
    let facts = trail.unwrap().data.into_iter().map(|event| event.value.fact).collect::<Vec<_>>();
    assert_eq!(facts, [Fact::TransferTimedOut { transfer_id: held.id }]);
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await, Summary::default());
}

#[tokio::test(start_paused = true)]
async fn what_it_cannot_read_is_left_and_what_it_cannot_ring_is_told() {
    let bench = Bench::new().await;
    bench.write(&[bench.task()]).await;
    let event = bench.fail().await;
    bench.stray("TASK#3").await;
    bench.stray("PROJECTION_FAILURE#3").await;
    tokio::time::advance(MINUTE * 3).await;
    let mute =
        Deps { tasks: QueueSender::new(bench.sqs.client(), bench.sqs.queue_url("nothing")), ..bench.deps.clone() };
    let error = handle(&mute, bench.now(), TIME).await.unwrap_err();
    assert_eq!(error.summary, Summary { failures_touched: 1, unreadable: 2, ..Summary::default() });
    assert!(error.to_string().contains("was not rung"), "{error}");
    assert_eq!(bench.failure(event).await.touches, 1, "one trouble does not keep the rest from being done");
    assert_eq!(bench.run().await, Summary { tasks_rung: 1, unreadable: 2, ..Summary::default() });
}

#[tokio::test(start_paused = true)]
async fn what_is_rung_in_vain_takes_no_time_from_the_rest() {
    let bench = Bench::new().await;
    let vain = (0..250_u128).map(TaskId::from_shard);
    bench.write(&vain.map(|id| Task { id, ..bench.task() }).collect::<Vec<_>>()).await;
    // Due two minutes after they were written, and for a day since.
    tokio::time::advance(MINUTE * (24 * 60 + 2 + 7)).await;
    let fresh = (250..260_u128).map(TaskId::from_shard);
    let fresh = bench.write(&fresh.map(|id| Task { id, ..bench.task() }).collect::<Vec<_>>()).await;
    tokio::time::advance(MINUTE * 2).await;
    assert_eq!(bench.run().await, Summary { tasks_rung: 10, left: 250, ..Summary::default() });
    assert_eq!(bench.rung(), fresh);
    tokio::time::advance(MINUTE * 21).await;
    assert_eq!(bench.run().await.tasks_rung, 250, "a row may be mended: they are rung again within half an hour");
}

#[tokio::test(start_paused = true)]
async fn without_time_it_leaves_the_rest_to_the_next_run() {
    let bench = Bench::new().await;
    bench.write(&[bench.task()]).await;
    tokio::time::advance(MINUTE * 3).await;
    let summary = handle(&bench.deps, bench.now(), Duration::from_secs(4)).await.unwrap();
    assert_eq!(summary, Summary { unfinished: 56, ..Summary::default() });
    assert!(bench.rung().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_rung_for_until_its_endpoint_took_it() {
    let bench = Bench::new().await;
    let (services, now) = (&bench.cloud.services, bench.now());
    let (trace, fact) = (Trace::begin(&services.ids), Fact::VentureCreated { venture_id: services.ids.next() });
    let event = services.event(bench.organization, Actor::Platform, trace, fact);
    let delivery = WebhookDelivery::new(services.ids.next(), services.ids.next(), &event, "venture.created", now);
    bench.cloud.write(|transaction| transaction.create(delivery.clone())).await;
    assert_eq!(bench.run().await, Summary::default(), "it is left to its doorbell for a minute");
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await, Summary { deliveries_rung: 1, ..Summary::default() });
    let body = bench.sqs.messages(WEBHOOKS).remove(0).body;
    let message = WebhookMessage { organization_id: bench.organization, delivery_id: delivery.id, trace: None };
    assert_eq!(serde_json::from_str::<WebhookMessage>(&body).unwrap(), message);
    let found = services.store.get::<WebhookDelivery>(&delivery.key()).await.unwrap().unwrap();
    let taken = found.claimed(services.ids.next(), bench.now()).unwrap().delivered(200, bench.now());
    services.store.replace(&found, taken).await.unwrap().unwrap();
    tokio::time::advance(MINUTE).await;
    assert_eq!(bench.run().await, Summary::default());
}
