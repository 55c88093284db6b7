//! The platform for one test.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use embedded::EmbeddedDynamoDb;
use futures_util::FutureExt;
use groundwork::{Platform, PlatformOptions};
use shared::ai::Ai;
use shared::ai::offline::OfflineAssistant;
use shared::clock::Clock;
use shared::id::Ids;
use testkit::{Cloud, FaultPlan, FaultyDynamoDb, Overlapping, SeededEntropy, TestApp, TestClock};

/// A platform whose clock the test moves and whose requests overlap; dropping it with work left over fails the test.
pub(crate) struct TestPlatform {
    platform: Platform,
    app: TestApp,
    /// What is still to befall the queues: faults come once, or nothing would ever arrive.
    queue_faults: Cell<Option<FaultPlan>>,
}

impl TestPlatform {
    /// A fresh platform without faults.
    pub(crate) async fn start() -> Self {
        Self::build(None, Arc::new(OfflineAssistant)).await
    }

    /// A fresh platform whose DynamoDB suffers the faults of this plan.
    pub(crate) async fn with_faults(plan: FaultPlan) -> Self {
        Self::build(Some(plan), Arc::new(OfflineAssistant)).await
    }

    async fn build(faults: Option<FaultPlan>, ai: Arc<dyn Ai>) -> Self {
        let dynamodb = Cloud::table();
        let client = match faults {
            None => Cloud::client(&dynamodb, Overlapping::in_step(dynamodb.clone())),
            Some(plan) => Cloud::client(&dynamodb, FaultyDynamoDb::new(dynamodb.clone(), plan)),
        };
        let platform = Self::through(dynamodb, client, faults.map_or(1, |plan| plan.seed), ai).await;
        platform.queue_faults.set(faults);
        platform
    }

    /// A fresh platform over a table, reached through a client of the test's own, with the identifiers that follow from a seed.
    pub(crate) async fn through(dynamodb: EmbeddedDynamoDb, client: Client, seed: u64, ai: Arc<dyn Ai>) -> Self {
        let clock = Clock::new(TestClock::start());
        let ids = Ids::new(clock.clone(), SeededEntropy::new(seed));
        let variables = vec![("ENVIRONMENT".to_owned(), "test".to_owned())];
        let options = PlatformOptions { dynamodb, client, clock, ids, ai, variables };
        let platform = Platform::start(options).await.expect("the platform starts");
        let app = TestApp::surrounded(platform.router());
        Self { platform, app, queue_faults: Cell::new(None) }
    }

    /// The API.
    pub(crate) const fn app(&self) -> &TestApp {
        &self.app
    }

    /// Carries everything out that is on its way, letting time pass for messages that are hidden after a failure.
    pub(crate) async fn settle(&self) {
        if let Some(plan) = self.queue_faults.take() {
            self.disturb_queues(plan.seed).await;
        }
        loop {
            self.drain().await.expect("queues and stream can be drained");
            let Some(next) = self.sqs.next_visible_at() else { return };
            tokio::time::sleep_until(next).await;
        }
    }

    /// What may happen to messages: by the seed they are doubled, lost, late, or nothing of it.
    async fn disturb_queues(&self, seed: u64) {
        self.drain_streams().await.expect("the stream can be drained");
        let (queue, client) = ("groundwork-local-tasks", self.sqs.client());
        let url = self.sqs.queue_url(queue);
        match seed % 4 {
            0 => self.lose_messages(&url).await,
            1 => {
                for message in self.sqs.messages(queue) {
                    let doubled = client.send_message().queue_url(&url).message_body(message.body);
                    doubled.send().await.expect("the queue takes the message");
                }
            }
            2 => tokio::time::sleep(Duration::from_secs(90)).await,
            _ => {}
        }
    }

    /// Carries the stream, and loses what it put into this queue: a doorbell that nobody hears.
    pub(crate) async fn lose_messages(&self, queue_url: &str) {
        self.drain_streams().await.expect("the stream can be drained");
        let client = self.sqs.client();
        client.purge_queue().queue_url(queue_url).send().await.expect("the queue can be emptied");
    }

    /// Takes the messages out of a dead-letter queue; how many there were.
    pub(crate) async fn take_dead_letters(&self, queue: &str) -> usize {
        let letters = self.sqs.messages(queue).len();
        let purge = self.sqs.client().purge_queue().queue_url(self.sqs.queue_url(queue));
        purge.send().await.expect("the queue can be emptied");
        letters
    }
}

impl Deref for TestPlatform {
    type Target = Platform;

    fn deref(&self) -> &Platform {
        &self.platform
    }
}

impl Drop for TestPlatform {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let queues = self.sqs.depths();
        let waiting = queues.iter().filter(|queue| queue.total() > 0).collect::<Vec<_>>();
        assert!(waiting.is_empty(), "messages are left over: {waiting:?}");
        let stream = self.dynamodb.stream(self.services.store.table());
        let pending =
            stream.pending().now_or_never().expect("in memory it answers at once").expect("the stream is readable");
        assert_eq!(pending, 0, "stream records are left over");
    }
}
