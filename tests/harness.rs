//! The platform for one test.

use std::ops::Deref;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use embedded::{EmbeddedDynamoDb, EmbeddedSqs};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use groundwork::{DeliverOnce, Delivery, Invocation, InvokeError, Platform, PlatformOptions};
use serde_json::Value;
use shared::ai::Ai;
use shared::ai::offline::OfflineAssistant;
use shared::clock::Clock;
use shared::id::Ids;
use testkit::{Cloud, Overlapping, SeededEntropy, TestApp, TestClock};

/// Each event comes twice at the same time, and then once more.
#[derive(Debug)]
struct DeliverOften;

impl Delivery for DeliverOften {
    fn deliver<'a>(&'a self, to: Invocation<'a>, event: Value) -> LocalBoxFuture<'a, Result<Value, InvokeError>> {
        async move {
            let (answer, _) = tokio::join!(to.run(event.clone()), to.run(event.clone()));
            drop(to.run(event).await);
            answer
        }
        .boxed_local()
    }
}

/// A platform whose clock the test moves and whose requests overlap; dropping it with work left over fails the test.
pub(crate) struct TestPlatform {
    platform: Platform,
    app: TestApp,
}

impl TestPlatform {
    /// A fresh platform.
    pub(crate) async fn start() -> Self {
        let dynamodb = Cloud::table();
        let client = Cloud::client(&dynamodb, Overlapping::in_step(dynamodb.clone()));
        Self::through(dynamodb, client, 1, Arc::new(OfflineAssistant)).await
    }

    /// A fresh platform over a table, reached through a client of the test's own, with the identifiers that follow from a seed.
    pub(crate) async fn through(dynamodb: EmbeddedDynamoDb, client: Client, seed: u64, ai: Arc<dyn Ai>) -> Self {
        let clock = Clock::new(TestClock::start());
        let ids = Ids::new(clock.clone(), SeededEntropy::new(seed));
        Self::of(dynamodb, client, clock, ids, ai, Arc::new(DeliverOnce)).await
    }

    /// A fresh platform on which everything that a queue, the stream or a schedule brings comes twice at the same time, and then once more.
    pub(crate) async fn with_doubled_deliveries() -> Self {
        let dynamodb = Cloud::table();
        let client = Cloud::client(&dynamodb, Overlapping::in_step(dynamodb.clone()));
        let clock = Clock::new(TestClock::start());
        let ids = Ids::new(clock.clone(), SeededEntropy::new(1));
        Self::of(dynamodb, client, clock, ids, Arc::new(OfflineAssistant), Arc::new(DeliverOften)).await
    }

    async fn of(
        dynamodb: EmbeddedDynamoDb,
        client: Client,
        clock: Clock,
        ids: Ids,
        ai: Arc<dyn Ai>,
        delivery: Arc<dyn Delivery>,
    ) -> Self {
        let time = clock.clone();
        let sqs = EmbeddedSqs::new(move || time.now().as_milliseconds());
        let queues = sqs.client();
        let variables = [("ENVIRONMENT", "test"), ("FRONTEND_URL", "https://app.example.com")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = PlatformOptions { dynamodb, client, sqs, queues, delivery, clock, ids, ai, variables };
        let platform = Platform::start(options).await.expect("the platform starts");
        let app = TestApp::surrounded(platform.router());
        Self { platform, app }
    }

    /// More instances of every function, on the table and by the clock of another platform, whose memory they do not share.
    pub(crate) async fn beside(other: &Self) -> Self {
        let (dynamodb, clock) = (other.dynamodb.clone(), other.services.clock.clone());
        let client = Cloud::client(&dynamodb, Overlapping::in_step(dynamodb.clone()));
        let ids = Ids::new(clock.clone(), SeededEntropy::new(2));
        Self::of(dynamodb, client, clock, ids, Arc::new(OfflineAssistant), Arc::new(DeliverOnce)).await
    }

    /// The API.
    pub(crate) const fn app(&self) -> &TestApp {
        &self.app
    }

    /// Carries everything out that is on its way, letting time pass for messages that are hidden after a failure.
    pub(crate) async fn settle(&self) {
        loop {
            self.drain().await.expect("queues and stream can be drained");
            let Some(next) = self.sqs.next_visible_at() else { return };
            tokio::time::sleep_until(next).await;
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
