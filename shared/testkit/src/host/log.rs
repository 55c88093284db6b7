//! What a function's process writes, which arrives by a way of its own: often a little after the answer that it is about.

use std::time::Duration;

use serde_json::Value;
use shared::id::RequestId;
use shared::trace::TraceId;
use tokio::time::{Instant, sleep};

use super::FunctionHost;

/// How long a line may take that has to come.
const ARRIVAL_TIME: Duration = Duration::from_secs(2);

impl FunctionHost {
    /// The lines of the function's log that are so, as soon as there are `count` of them.
    pub(super) async fn lines(&self, count: usize, what: &str, are_so: impl Fn(&Value) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + ARRIVAL_TIME;
        loop {
            let lines = self.log().into_iter().filter(&are_so).collect::<Vec<_>>();
            if lines.len() >= count {
                return lines;
            }
            assert!(Instant::now() < deadline, "{} of {count} came: {what}", lines.len());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The line of the function's log that is so, as soon as it is there.
    pub(super) async fn line(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        self.lines(1, what, is_so).await.swap_remove(0)
    }
}

/// Fails unless a line says to which request and which trace its work belongs.
pub(super) fn assert_traced(line: &Value) {
    let text = |name: &str| line[name].as_str().unwrap_or_default();
    assert!(text("correlation_id").parse::<RequestId>().is_ok(), "without its correlation id: {line}");
    assert!(text("trace_id").parse::<TraceId>().is_ok(), "without its trace id: {line}");
}
