//! Deliveries that are doubled, late, lost, out of order or cut short.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use groundwork::{Delivery, Invocation, InvokeError};
use serde_json::{Value, json};
use testkit::{Fault, Faults};

/// A delivery is late by at most this.
const LATE_MAXIMUM: Duration = Duration::from_secs(240);
/// After how many steps at most an invocation dies halfway. A request to the table takes up to a dozen.
const STEPS_MAXIMUM: usize = 150;

/// Brings events as the faults have it.
#[derive(Debug)]
pub(crate) struct FaultyDelivery {
    faults: Faults,
    /// The last event of each function.
    earlier: Mutex<BTreeMap<String, Value>>,
}

impl FaultyDelivery {
    pub(crate) fn new(faults: &Faults) -> Self {
        Self { faults: faults.clone(), earlier: Mutex::default() }
    }

    fn earlier(&self, function: &str, event: &Value) -> Option<Value> {
        self.earlier.lock().expect("nobody panics while holding it").insert(function.to_owned(), event.clone())
    }

    async fn bring(&self, to: &Invocation<'_>, mut event: Value) -> Result<Value, InvokeError> {
        let earlier = self.earlier(to.function(), &event);
        let died = || Err(InvokeError::Failed { function: to.function().to_owned(), reason: "it died".to_owned() });
        let Some(fault) = self.faults.draw_for_delivery(possible(&event)) else { return to.run(event).await };
        match fault {
            Fault::DeliveredTwice => {
                drop(to.run(event.clone()).await);
                to.run(event).await
            }
            Fault::DeliveredTwiceAtOnce => tokio::join!(to.run(event.clone()), to.run(event)).0,
            Fault::DeliveredAgain => {
                if let Some(earlier) = earlier {
                    drop(to.run(earlier).await);
                }
                to.run(event).await
            }
            Fault::DeliveredLate => {
                tokio::time::sleep(self.faults.while_between(Duration::from_secs(1), LATE_MAXIMUM)).await;
                to.run(event).await
            }
            Fault::DeliveredInAnotherOrder => {
                event["Records"].as_array_mut().expect("a batch").reverse();
                to.run(event).await
            }
            Fault::DeliveryLost => Ok(json!({"batchItemFailures": []})),
            Fault::DiedHalfway => match for_steps(self.faults.below(STEPS_MAXIMUM), to.run(event)).await {
                Some(answer) => answer,
                None => died(),
            },
            Fault::DiedAfter => {
                drop(to.run(event).await);
                died()
            }
            _ => died(),
        }
    }
}

impl Delivery for FaultyDelivery {
    fn deliver<'a>(&'a self, to: Invocation<'a>, event: Value) -> LocalBoxFuture<'a, Result<Value, InvokeError>> {
        async move { self.bring(&to, event).await }.boxed_local()
    }
}

fn possible(event: &Value) -> &'static [Fault] {
    match event["Records"][0]["eventSource"].as_str() {
        Some("aws:sqs") => &Fault::OF_QUEUES,
        Some(_) => &Fault::OF_STREAMS,
        None => &Fault::OF_SCHEDULES,
    }
}

/// What a future comes to within so many steps; then it is dropped where it stands.
async fn for_steps<T>(mut steps: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if steps == 0 => Poll::Ready(None),
        Poll::Pending => {
            steps -= 1;
            Poll::Pending
        }
    })
    .await
}
