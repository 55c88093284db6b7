//! What every function that reads a queue has to stand.

use std::collections::BTreeSet;

use embedded::template::EventSource;
use serde_json::{Value, json};

use super::log::assert_traced;
use super::{FunctionHost, REPORTING_TIME};
use crate::runtime_api::queue_event;

/// A body that no function can read.
const POISON: &str = "{\"organizationId\": 7, \"poison\": [";

impl FunctionHost {
    /// The event of these messages of the queue that the function reads.
    pub fn queue_event(&self, bodies: &[String]) -> Value {
        queue_event(self.queue(), bodies)
    }

    /// The dead letters of the queue that the function reads.
    pub fn dead_letters(&self) -> String {
        format!("{}-dead-letters", self.queue())
    }

    /// Runs the cases that every function has to stand that reads a queue. `bodies` are messages whose work is there to be done, at least
    /// two; afterwards it is done.
    pub async fn queue_cases(&self, bodies: &[String]) {
        let nothing_again = json!({ "batchItemFailures": [] });
        let (middle, before) = (bodies.len() / 2, self.items());
        assert!(middle > 0, "there are good messages before and after the bad one");
        let mut batch = bodies.to_vec();
        batch.insert(middle, POISON.to_owned());
        let event = self.queue_event(&batch);

        // Neither work nor dead letter can be done, so that every message has to come again.
        let answer = self.invoke_without_aws(event.clone(), REPORTING_TIME).await.expect("it reports in time");
        assert_eq!(failed(&answer), (0..batch.len()).map(|place| format!("m{place}")).collect());
        assert_eq!(self.items(), before, "nothing was done");
        assert_eq!(self.invoke(json!({ "Records": [] })).await, nothing_again);

        assert_eq!(self.invoke(event.clone()).await, nothing_again);
        let done = self.items();
        assert_ne!(done, before, "the good messages' work is done");
        assert_eq!(self.letters().await, [(POISON.to_owned(), format!("m{middle}"))]);
        let handled =
            self.lines(bodies.len(), "a line for each good message", |line| line["message"] == "message handled").await;
        handled.iter().for_each(assert_traced);
        let good = (0..batch.len()).filter(|place| *place != middle).map(|place| format!("m{place}"));
        let handled = handled.iter().filter_map(|line| line["message_id"].as_str().map(str::to_owned));
        assert_eq!(handled.collect::<BTreeSet<_>>(), good.collect());

        assert_eq!(self.invoke(self.queue_event(bodies)).await, nothing_again);
        assert_eq!(self.items(), done, "what was done is done once");
        assert_eq!(self.bodies(&self.dead_letters()), [POISON], "none of the good messages is one");

        let error = self.try_invoke(json!({ "source": "aws.scheduler" })).await.expect_err("that is no batch");
        assert_ne!(error.kind, "Runtime.ExitError", "{error}");
        assert_eq!(self.invoke(event).await, nothing_again, "it serves on");
        assert_eq!(self.items(), done);
    }

    fn queue(&self) -> &str {
        let queue = self.described.sources.iter().find_map(|source| match source {
            EventSource::Queue { queue, .. } => Some(queue),
            _ => None,
        });
        queue.expect("the function reads a queue")
    }

    /// The dead letters with the messages that they were.
    async fn letters(&self) -> Vec<(String, String)> {
        let client = self.sqs.client();
        let receive = client.receive_message().queue_url(self.sqs.queue_url(&self.dead_letters()));
        let receive = receive.message_attribute_names("All").visibility_timeout(0).max_number_of_messages(10);
        let letters = receive.send().await.expect("the queue answers").messages.unwrap_or_default();
        let letter = |letter: aws_sdk_sqs::types::Message| {
            let attributes = letter.message_attributes.unwrap_or_default();
            let text = |name: &str| attributes.get(name).and_then(|value| value.string_value.clone());
            assert!(text("reason").is_some_and(|reason| reason.starts_with("malformed body")), "{attributes:?}");
            (letter.body.unwrap_or_default(), text("sourceMessageId").unwrap_or_default())
        };
        letters.into_iter().map(letter).collect()
    }
}

/// The messages that are to come again.
fn failed(answer: &Value) -> BTreeSet<String> {
    let failures = answer["batchItemFailures"].as_array().expect("a batch's answer says what failed");
    failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str().map(str::to_owned)).collect()
}
