//! The main job under the faults of a seed, on a platform in this process with a clock of its own.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use embedded::EmbeddedSqs;
use embedded::wire::WireConnector;
use futures_util::future::join_all;
use groundwork::operator::set_plan;
use groundwork::{Platform, PlatformOptions};
use shared::ai::offline::OfflineAssistant;
use shared::ai::{Ai, AiError, BoxFuture, Completion, CompletionRequest, Usage};
use shared::clock::Clock;
use shared::id::Ids;
use shared::plan::PlanName;
use testkit::{Cloud, Fault, FaultPlan, Faults, Faulty, SeededEntropy, TestApp, TestClock};

use crate::delivery::FaultyDelivery;
use crate::door::Door;
use crate::founder::{Founder, repeat};
use crate::invariants::{Rows, late_posts, violations};
use crate::journal::Journal;

const MINUTE: Duration = Duration::from_secs(60);
/// How many founders there are, each with an account and an organisation.
const FOUNDERS: u64 = 2;
/// How many things each of a founder's two devices does.
const ACTS: usize = 12;
/// How many minutes the bad days go on when everybody has done what they wanted.
const BAD_MINUTES: usize = 5;
/// How many minutes of good days must suffice for everything to come to its end. An attempt that failed is repeated within eight minutes,
/// a failed projection within an hour; the sweep rings for what stays due after 1, 2, 4, 8, 16 and 30 minutes.
const GOOD_MINUTES: usize = 180;
/// How often it is looked whether everything has come to its end.
const LOOK_EVERY_MINUTES: usize = 5;

/// What a seed's run came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Requests of founders.
    pub requests: u64,
    /// Of them, those that were repeats.
    pub repeats: u64,
    /// Commands acknowledged under an idempotency key.
    pub commands: u64,
    /// Requests to AWS and the assistant, and deliveries.
    pub chances: u64,
    /// Faults that happened.
    pub faults: BTreeMap<Fault, u64>,
    /// Post tasks that were refused to a repeat while another was open, and put on the list by the delayed first attempt when it was not.
    pub late_posts: u64,
    /// Rows left in the end.
    pub rows: u64,
}

impl Outcome {
    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.repeats += other.repeats;
        self.commands += other.commands;
        self.chances += other.chances;
        self.rows += other.rows;
        self.late_posts += other.late_posts;
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }
}

/// What many seeds' runs came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many seeds there were.
    pub seeds: u64,
    /// All of them together.
    pub total: Outcome,
    /// The seeds that failed, each with why.
    pub failures: BTreeMap<u64, String>,
}

/// Runs these seeds on every core; `progress` hears of each that is done, with why it failed if it did.
pub fn run(seeds: std::ops::RangeInclusive<u64>, progress: impl Fn(&Summary, Option<(u64, &str)>) + Sync) -> Summary {
    let (next, last, summary) = (AtomicU64::new(*seeds.start()), *seeds.end(), Mutex::new(Summary::default()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last {
                        return;
                    }
                    let outcome = run_one(seed);
                    let mut summary = summary.lock().expect("nobody panics while holding it");
                    summary.seeds += 1;
                    let failure = outcome.as_ref().err().map(|reason| (seed, reason.as_str()));
                    match &outcome {
                        Ok(outcome) => summary.total.add(outcome),
                        Err(reason) => drop(summary.failures.insert(seed, reason.clone())),
                    }
                    progress(&summary, failure);
                }
            });
        }
    });
    summary.into_inner().expect("nobody panics while holding it")
}

/// Runs one seed.
///
/// # Errors
/// What does not hold in the end, or the panic on the way there.
pub fn run_one(seed: u64) -> Result<Outcome, String> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime can be built").block_on(main_job(seed))
    };
    std::panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text =
            panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// An assistant with bad days of its own.
#[derive(Debug)]
struct FaultyAssistant(Faults);

impl Ai for FaultyAssistant {
    fn complete<'a>(&'a self, request: CompletionRequest) -> BoxFuture<'a, Result<Completion, AiError>> {
        Box::pin(async move {
            let usage = Usage { input_tokens: 100, output_tokens: 10 };
            match self.0.draw(&Fault::OF_ASSISTANTS) {
                Some(Fault::AssistantAway) => Err(AiError::Unavailable { retry_after_seconds: None }),
                Some(Fault::AssistantUnusable) => Err(AiError::InvalidOutput { reason: "no JSON".to_owned(), usage }),
                Some(_) => Err(AiError::Refused { usage }),
                None => OfflineAssistant.complete(request).await,
            }
        })
    }
}

struct World {
    platform: Platform,
    faults: Faults,
    door: Door,
    journal: Arc<Mutex<Journal>>,
}

impl World {
    async fn new(seed: u64) -> Self {
        let faults = Faults::new(FaultPlan::seeded(seed));
        let dynamodb = Cloud::table();
        let client = Cloud::client(&dynamodb, Faulty::sharing(dynamodb.clone(), &faults));
        let clock = Clock::new(TestClock::start());
        let ids = Ids::new(clock.clone(), SeededEntropy::new(seed));
        let time = clock.clone();
        let sqs = EmbeddedSqs::new(move || time.now().as_milliseconds());
        let queues = sqs.config().http_client(WireConnector(Faulty::sharing(sqs.clone(), &faults)));
        let queues = aws_sdk_sqs::Client::from_conf(queues.build());
        let delivery = Arc::new(FaultyDelivery::new(&faults));
        let ai = Arc::new(FaultyAssistant(faults.clone()));
        let variables = vec![("ENVIRONMENT".to_owned(), "test".to_owned())];
        let options = PlatformOptions { dynamodb, client, sqs, queues, delivery, clock, ids, ai, variables };
        let platform = Platform::start(options).await.expect("the platform starts");
        let door = Door::in_process(TestApp::surrounded(platform.router()));
        Self { platform, faults, door, journal: Arc::default() }
    }

    /// Carries events and lets schedules run for so many minutes.
    async fn minutes(&self, count: usize) {
        for minute in 0..count {
            // What fails is tried again, as AWS does.
            drop(self.platform.tick("sweep").await);
            if minute % 60 == 0 {
                drop(self.platform.tick("agentic-run").await);
            }
            drop(self.platform.drain().await);
            tokio::time::sleep(MINUTE).await;
        }
    }

    /// Carries events without end while founders are at it.
    async fn go_on(&self) {
        for round in 0_u64.. {
            if round % 10 == 0 {
                drop(self.platform.tick("sweep").await);
            }
            if round % 100 == 30 {
                drop(self.platform.tick("agentic-run").await);
            }
            let carried = self.platform.drain().await.unwrap_or_default();
            tokio::time::sleep(Duration::from_secs(if carried > 0 { 1 } else { 10 })).await;
        }
    }

    /// Good days, until nothing is on its way or due any more.
    async fn come_to_an_end(&self) {
        for _ in 0..GOOD_MINUTES / LOOK_EVERY_MINUTES {
            self.minutes(LOOK_EVERY_MINUTES).await;
            let waits = self.platform.sqs.depths().iter().any(|queue| queue.total() > 0 && !queue.is_dead_letter_queue);
            if !waits && !Rows::read(&self.platform.dynamodb, self.platform.services.store.table()).await.any_due() {
                return;
            }
        }
    }

    async fn founder(&self, seed: u64, number: u64) {
        let name = format!("founder{number}");
        let random = seed.wrapping_mul(1_000).wrapping_add(number * 10);
        let mut founder = Founder::begin(&self.door, &self.journal, &name, random).await;
        let organization = founder.organization.parse().expect("an id");
        let plan = if number.is_multiple_of(2) { PlanName::Pro } else { PlanName::Enterprise };
        while set_plan(&self.platform.services, organization, plan).await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let mut other = founder.other_device(&format!("{name}-other"), random + 1);
        let device = async |founder: &mut Founder| {
            for _ in 0..ACTS {
                founder.act().await;
            }
        };
        tokio::join!(device(&mut founder), device(&mut other));
    }

    /// Messages that were given up come again, as when an operator redrives them. Doorbells of tasks need not: the sweep rings.
    async fn redrive(&self) {
        let client = self.platform.sqs.client();
        for letter in self.platform.sqs.dead_letters() {
            if letter.source_queue.as_deref().is_some_and(|queue| queue.ends_with("agentic")) {
                let url = self.platform.sqs.queue_url(letter.source_queue.as_deref().unwrap_or_default());
                client
                    .send_message()
                    .queue_url(url)
                    .message_body(letter.body)
                    .send()
                    .await
                    .expect("the queue takes it");
            }
        }
        for queue in self.platform.sqs.depths().iter().filter(|queue| queue.is_dead_letter_queue) {
            let url = self.platform.sqs.queue_url(&queue.queue);
            client.purge_queue().queue_url(url).send().await.expect("the queue can be emptied");
        }
    }
}

async fn main_job(seed: u64) -> Result<Outcome, String> {
    let world = World::new(seed).await;
    tokio::select! {
        biased;
        _ = join_all((0..FOUNDERS).map(|number| world.founder(seed, number))) => {}
        () = world.go_on() => {}
    }
    world.minutes(BAD_MINUTES).await;
    world.faults.end();
    world.come_to_an_end().await;
    world.redrive().await;
    world.come_to_an_end().await;
    let journal = std::mem::take(&mut *world.journal.lock().expect("nobody panics while holding it"));
    let (_, mut wrong) = repeat(&world.door, &journal, usize::MAX).await;
    world.platform.drain().await.map_err(|error| error.to_string())?;
    let waiting = world.platform.sqs.depths().into_iter().filter(|queue| queue.total() > 0).collect::<Vec<_>>();
    if !waiting.is_empty() {
        wrong.push(format!("messages are left: {waiting:?}"));
    }
    let table = world.platform.services.store.table();
    let pending = world.platform.dynamodb.stream(table).pending().await.map_err(|error| error.to_string())?;
    if pending > 0 {
        wrong.push(format!("{pending} records of the stream are left"));
    }
    let rows = Rows::read(&world.platform.dynamodb, table).await;
    let late_posts = late_posts(&rows, &journal);
    wrong.extend(violations(&rows, &journal, &late_posts));
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let (requests, repeats) = world.door.counts();
    Ok(Outcome {
        requests,
        repeats,
        commands: journal.commands() as u64,
        chances: world.faults.requests(),
        faults: world.faults.counts(),
        late_posts: late_posts.len() as u64,
        rows: rows.count() as u64,
    })
}
