//! How much a request or a job asks of the table.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::clock::{Clock, Timestamp};

thread_local! {
    /// The meter of the work that this thread is in right now.
    static CURRENT: RefCell<Option<Arc<Meter>>> = const { RefCell::new(None) };
}

/// Counts the calls to the table of one piece of work.
#[derive(Debug, Default)]
pub struct Meter {
    store_calls: AtomicU64,
    store_failures: AtomicU64,
    store_time_ms: AtomicU64,
}

impl Meter {
    /// Does a piece of work, whose calls count here. It may wait and go on on another thread; what it spawns does not count.
    pub async fn measure<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let before = CURRENT.replace(Some(Arc::clone(self)));
            let _restored = Restored(before);
            work.as_mut().poll(context)
        })
        .await
    }

    /// Counts with the work that this thread is in that the table failed it.
    pub(crate) fn count_store_failure() {
        CURRENT.with_borrow(|current| {
            if let Some(meter) = current {
                meter.store_failures.fetch_add(1, Ordering::Relaxed);
            }
        });
    }

    /// Calls made. A call that was dropped before its end, with work whose time was up, is not among them.
    pub fn store_calls(&self) -> u64 {
        self.store_calls.load(Ordering::Relaxed)
    }

    /// What could not be read or written, repeats included.
    pub fn store_failures(&self) -> u64 {
        self.store_failures.load(Ordering::Relaxed)
    }

    /// The durations of all calls added up, in milliseconds; of calls at the same time each counts.
    pub fn store_time_ms(&self) -> u64 {
        self.store_time_ms.load(Ordering::Relaxed)
    }
}

/// Puts back what was the current meter before, also when the work panics.
struct Restored(Option<Arc<Meter>>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Tells the current meter of every call that a client makes, with the SDK's repeats as one call.
#[derive(Clone, Debug)]
pub struct StoreMeter {
    clock: Clock,
}

#[derive(Debug)]
struct Began(Timestamp);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

impl StoreMeter {
    /// A meter by this clock.
    pub const fn new(clock: Clock) -> Self {
        Self { clock }
    }
}

impl Intercept for StoreMeter {
    fn name(&self) -> &'static str {
        "StoreMeter"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Began(self.clock.now()));
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(meter) = CURRENT.with_borrow(Clone::clone) else { return Ok(()) };
        let began = bag.load::<Began>().map_or_else(|| self.clock.now(), |began| began.0);
        let elapsed = self.clock.now().since(began);
        meter.store_time_ms.fetch_add(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        meter.store_calls.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
