//! Requests that overlap as they do where the table is another machine.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use embedded::{WireResponse, WireService};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How many turns of others a request waits at most, before it does something and again before it answers.
const TURNS_MAXIMUM: u32 = 6;

/// A service that lets others go first, before it does something and before it answers.
///
/// A table inside the process answers without ever waiting, so that of commands sent at once each would be done before the next begins,
/// and no test would see them race. With this around the table they do.
#[derive(Clone, Debug)]
pub struct Overlapping<S> {
    service: S,
    /// Without it all wait equally long.
    random: Option<Arc<Mutex<StdRng>>>,
}

impl<S> Overlapping<S> {
    /// Commands go in step: all of them read before one writes, and all have written before one learns of it.
    pub const fn in_step(service: S) -> Self {
        Self { service, random: None }
    }

    /// Some run ahead and others fall behind, as it follows from a seed.
    pub fn seeded(service: S, seed: u64) -> Self {
        Self { service, random: Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))) }
    }

    async fn wait(&self) {
        let turns = self.random.as_ref().map_or(1, |random| {
            random.lock().expect("no test panics while holding it").random_range(0..=TURNS_MAXIMUM)
        });
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }
}

impl<S: WireService> WireService for Overlapping<S> {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        self.wait().await;
        let response = self.service.answer(operation, body).await;
        self.wait().await;
        response
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A number that requests read and write without a condition.
    #[derive(Clone, Debug, Default)]
    struct Number(Arc<AtomicU32>);

    impl WireService for Number {
        async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
            if operation == "Write" {
                let text = String::from_utf8_lossy(&body);
                self.0.store(text.parse().expect("a number"), Ordering::Relaxed);
            }
            WireResponse::ok(self.0.load(Ordering::Relaxed).to_string())
        }
    }

    async fn increment(service: impl WireService) {
        let read: u32 = service.answer("Read", Bytes::new()).await.text().parse().expect("a number");
        service.answer("Write", (read + 1).to_string().into()).await;
    }

    fn incremented_at_once(service: impl Fn(Number) -> Overlapping<Number>) -> u32 {
        let (number, runtime) = (Number::default(), tokio::runtime::Builder::new_current_thread().build());
        let service = service(number.clone());
        runtime.expect("a runtime can be built").block_on(async {
            let tasks = (0..4).map(|_| tokio::spawn(increment(service.clone()))).collect::<Vec<_>>();
            for task in tasks {
                task.await.expect("no increment panics");
            }
        });
        number.0.load(Ordering::Relaxed)
    }

    #[test]
    fn commands_sent_at_once_race() {
        assert_eq!(incremented_at_once(Overlapping::in_step), 1, "all have read before one writes");
        let ends = (0..20).map(|seed| incremented_at_once(|number| Overlapping::seeded(number, seed)));
        let ends = ends.collect::<std::collections::BTreeSet<_>>();
        assert!(ends.len() > 1, "seeds make no difference: {ends:?}");
    }
}
