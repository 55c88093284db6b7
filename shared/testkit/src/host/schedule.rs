//! What every function that a schedule starts has to stand.

use embedded::template::EventSource;
use serde_json::{Value, json};
use shared::clock::Timestamp;

use super::{FunctionHost, SHORT_TIME};
use crate::runtime_api::{queue_event, schedule_event};

impl FunctionHost {
    /// The event of an occasion of the function's schedule.
    pub fn schedule_event(&self, time: Timestamp) -> Value {
        let scheduled = self.described.sources.iter().any(|source| matches!(source, EventSource::Schedule { .. }));
        assert!(scheduled, "the template gives {} no schedule", self.name);
        schedule_event(&self.name, time)
    }

    /// Runs the cases that every function has to stand that a schedule starts, at a time when there is something to do; what the run
    /// answered.
    pub async fn schedule_cases(&self, time: Timestamp) -> Value {
        let event = self.schedule_event(time);
        for (wrong, what) in [
            (queue_event("groundwork-local-tasks", &[]), "with the fields: Records"),
            (json!("hello"), "but a text came"),
            (json!({}), "without a text `source`"),
        ] {
            let error = self.try_invoke(wrong).await.expect_err("no schedule sends that");
            assert_eq!(error.kind, "MalformedEvent");
            assert!(error.message.contains(what), "{error}");
        }
        let before = self.items();
        // It may keep to its time or not; the next occasion is served in any case.
        if let Err(error) = self.invoke_without_aws(event.clone(), SHORT_TIME).await {
            assert_eq!(error.kind, "Sandbox.Timedout", "{error}");
        }
        assert_eq!(self.items(), before, "nothing was done");
        let answer = self.invoke(event.clone()).await;
        self.line("the occasion", |line| line["schedule"] == event["id"] && line["outcome"] == "done").await;
        answer
    }
}
