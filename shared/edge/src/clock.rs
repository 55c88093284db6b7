//! Time from JavaScript: the standard library's traps on this target.
//!
//! Nothing here can be moved from outside. Tests move JavaScript's own clock, in an entry that is never deployed
//! (`infra/edge/test_entry.mjs`).

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use shared::clock::Timestamp;
use worker::Delay;
use worker::send::SendFuture;

/// The platform's clock. Cloudflare lets it stand still while a request computes and moves it on when the request waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlatformClock;

impl shared::clock::TimeSource for PlatformClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(i64::try_from(epoch_milliseconds()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(SendFuture::new(Delay::from(duration)))
    }
}

/// The clock of the AWS SDK, which stands in signatures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SdkClock;

impl aws_smithy_async::time::TimeSource for SdkClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(epoch_milliseconds())
    }
}

/// The timer of the AWS SDK, for its time-outs and the pauses between its attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SdkSleep;

impl AsyncSleep for SdkSleep {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(SendFuture::new(Delay::from(duration)))
    }
}

fn epoch_milliseconds() -> u64 {
    worker::Date::now().as_millis()
}
