//! Time and randomness of the operating system: the only place of the platform that asks for either on Lambda.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared::clock::{TimeSource, Timestamp};
use shared::id::Entropy;

/// The operating system's clock and tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl TimeSource for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the source that shared::clock::Clock hands on")]
    fn now(&self) -> Timestamp {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_milliseconds(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The operating system's random bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the source that shared::id::Ids hands on")]
    fn fill(&self, bytes: &mut [u8]) {
        let outcome = getrandom::fill(bytes);
        // Going on would make secrets that can be guessed. Linux gives bytes without fail once it has booted.
        assert!(outcome.is_ok(), "the operating system gives no random bytes: {outcome:?}");
    }
}
