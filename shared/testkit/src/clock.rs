//! Time and randomness that a test holds in its hand, and the system's time for processes outside of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use shared::clock::{TimeSource, Timestamp};
use shared::id::Entropy;

/// The instant at which every test begins: Friday, 20 November 2026, 09:00 UTC.
const START: Timestamp = Timestamp::from_seconds(1_795_165_200);

/// tokio's clock as the platform's: paused in tests, so that sleeping takes no time and `advance` moves days.
#[derive(Clone, Copy, Debug)]
pub struct TestClock {
    began: tokio::time::Instant,
}

impl TestClock {
    /// A clock that says [`START`] now; call it inside the test's runtime.
    pub fn start() -> Self {
        Self { began: tokio::time::Instant::now() }
    }
}

impl TimeSource for TestClock {
    fn now(&self) -> Timestamp {
        START.plus(self.began.elapsed())
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The operating system's clock, by which functions go that run as processes of their own.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl TimeSource for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "a process outside goes by the real time")]
    fn now(&self) -> Timestamp {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Random bytes from a seed.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<StdRng>);

impl SeededEntropy {
    /// The bytes that follow from this seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().expect("no test panics while holding it").fill_bytes(bytes);
    }
}
