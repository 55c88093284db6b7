//! The jobs of the running platform: loops over everything that starts them, on a thread of their own.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::cli::CliError;
use crate::operator::Tick;
use crate::platform::Platform;
use crate::pump::{QueueSource, STREAM_RETRY_PAUSE, ScheduleSource, StreamSource};

/// How often expired items are removed.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// How often the Stripe sandbox is asked for what happened.
const STRIPE_INTERVAL: Duration = Duration::from_millis(250);

/// What was left when the jobs ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Whether everything that could be done was done in time.
    pub(crate) drained: bool,
    /// Messages in queues, which are gone with the process: those that failed and wait to come again, and what was not done in time.
    pub(crate) messages: usize,
}

/// The running jobs.
pub(crate) struct Jobs {
    thread: JoinHandle<Left>,
    stop: watch::Sender<bool>,
}

impl Jobs {
    /// Runs the jobs on a thread of their own: what they do never delays a request, and they need not be `Send`. When they are told to
    /// end they have `patience` for what is in the stream and in the queues.
    pub(crate) fn start(
        platform: &Platform,
        ticks: mpsc::Receiver<Tick>,
        patience: Duration,
    ) -> Result<Self, CliError> {
        let platform = platform.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Io)?;
        let (stop, stopped) = watch::channel(false);
        let work = move || runtime.block_on(platform.work(stopped, ticks, patience));
        let thread = std::thread::Builder::new().name("jobs".to_owned()).spawn(work).map_err(CliError::Io)?;
        Ok(Self { thread, stop })
    }

    /// Lets the jobs carry out what is in the stream and in the queues, then ends them. Nothing new should arrive any more.
    pub(crate) async fn end(self) -> Result<Left, CliError> {
        let _ = self.stop.send(true);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
        let broken = || CliError::Refused("the jobs did not end in good order".to_owned());
        ended.ok().and_then(Result::ok).ok_or_else(broken)
    }
}

impl Platform {
    /// Carries events until `stop` changes, then until none is left or `patience` has run out.
    async fn work(&self, stop: watch::Receiver<bool>, ticks: mpsc::Receiver<Tick>, patience: Duration) -> Left {
        let mut asked = stop.clone();
        let work = async {
            self.pump(stop, ticks).await;
            // Queues are in memory: what stayed in them would be gone.
            self.drain().await
        };
        let deadline = async {
            let _ = asked.changed().await;
            tokio::time::sleep(patience).await;
        };
        let drained = tokio::select! {
            drained = work => drained.inspect_err(|error| tracing::error!(%error, "the jobs cannot be drained")).is_ok(),
            () = deadline => false,
        };
        let queues = self.sqs.depths().into_iter().filter(|queue| !queue.is_dead_letter_queue);
        Left { drained, messages: queues.map(|queue| queue.total()).sum() }
    }

    /// Carries events in the background until `stop` changes, then until the invocations that run are over.
    async fn pump(&self, stop: watch::Receiver<bool>, ticks: mpsc::Receiver<Tick>) {
        let queues = self.sources.queues.iter().map(|source| self.queue_loop(source, stop.clone()));
        let streams = self.sources.streams.iter().map(|source| self.stream_loop(source, stop.clone()));
        let schedules = self.sources.schedules.iter().map(|source| self.schedule_loop(source, stop.clone()));
        let (queues, streams) = (futures_util::future::join_all(queues), futures_util::future::join_all(streams));
        let schedules = futures_util::future::join_all(schedules);
        let (ticks, expiry) = (self.tick_loop(ticks, stop.clone()), self.expiry_loop(stop.clone()));
        tokio::join!(queues, streams, schedules, ticks, expiry, self.stripe_loop(stop.clone()));
    }

    /// Starts schedules that an operator asks for.
    async fn tick_loop(&self, mut ticks: mpsc::Receiver<Tick>, mut stop: watch::Receiver<bool>) {
        loop {
            let tick = tokio::select! {
                tick = ticks.recv() => tick,
                _ = stop.changed() => return,
            };
            let Some((function, tell)) = tick else { return };
            // Whoever asked may have gone; the run happened all the same.
            drop(tell.send(self.tick(&function).await));
        }
    }

    /// Removes expired items now and then, as DynamoDB does.
    async fn expiry_loop(&self, mut stop: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval(EXPIRY_INTERVAL);
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                _ = stop.changed() => return,
            }
            if let Err(error) = self.dynamodb.sweep_expired(self.services.clock.now().as_milliseconds()).await {
                tracing::error!(%error, "expired items cannot be removed");
            }
        }
    }

    /// Lets the Stripe sandbox tell of what happened.
    async fn stripe_loop(&self, mut stop: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval(STRIPE_INTERVAL);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                _ = stop.changed() => return,
            }
            self.deliver_stripe_events().await;
        }
    }

    async fn queue_loop(&self, source: &QueueSource, stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // A short wait keeps the shutdown quick; nothing is lost when it ends.
            if let Err(error) = self.pump_queue(source, 1).await {
                tracing::error!(queue = source.queue, %error, "a queue cannot be read");
                tokio::time::sleep(STREAM_RETRY_PAUSE).await;
            }
        }
    }

    async fn stream_loop(&self, source: &StreamSource, mut stop: watch::Receiver<bool>) {
        let (mut writes, mut attempts) = (self.dynamodb.writes(), 0);
        while !*stop.borrow() {
            match self.pump_stream(source, &mut attempts).await {
                Ok(0) => {
                    tokio::select! {
                        _ = writes.changed() => {}
                        _ = stop.changed() => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(table = source.table, %error, "a stream cannot be read");
                    tokio::time::sleep(STREAM_RETRY_PAUSE).await;
                }
            }
        }
    }

    async fn schedule_loop(&self, source: &ScheduleSource, mut stop: watch::Receiver<bool>) {
        let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + source.every, source.every);
        loop {
            tokio::select! {
                _ = interval.tick() => {}
                _ = stop.changed() => return,
            }
            if let Err(error) = source.run(self.schedule_event(source)).await {
                tracing::error!(%error, "a schedule's run failed");
            }
        }
    }
}
