//! What every function that follows the table's stream has to stand.

use embedded::StreamRecord;
use embedded::template::{EventSource, matches};
use serde_json::{Value, json};

use super::log::assert_traced;
use super::{FunctionHost, REPORTING_TIME};
use crate::runtime_api::{stream_event, stream_record};

/// More than the changes of any one test.
const MANY: usize = 1_000;

impl FunctionHost {
    /// The table's changes so far, the oldest first.
    pub async fn changes(&self) -> Vec<StreamRecord> {
        let stream = self.cloud.dynamodb.stream(self.cloud.services.store.table());
        stream.next_batch(MANY).await.expect("the stream is readable")
    }

    /// Whether the template's filter lets a change through to the function.
    pub fn lets_through(&self, record: &StreamRecord) -> bool {
        let filters = self.described.sources.iter().find_map(|source| match source {
            EventSource::Stream { filters, .. } => Some(filters),
            _ => None,
        });
        let record = stream_record(record);
        filters.expect("the function follows a stream").iter().any(|filter| matches(filter, &record))
    }

    /// Runs the cases that every function has to stand that follows the table's stream. The table's changes so far have to hold some
    /// that the template's filter lets through and of which something follows, and one of each kind that it keeps back: an item that was
    /// put, that changed, that was deleted, and that expired. Afterwards all changes are worked off.
    pub async fn stream_cases(&self) {
        let nothing_again = json!({ "batchItemFailures": [] });
        let (passed, kept_back): (Vec<_>, Vec<_>) =
            self.changes().await.into_iter().partition(|record| self.lets_through(record));
        let kinds = kept_back.iter().map(|record| (record.event_name(), record.is_expiry())).collect::<Vec<_>>();
        for kind in [("INSERT", false), ("MODIFY", false), ("REMOVE", false), ("REMOVE", true)] {
            assert!(kinds.contains(&kind), "{kind:?} is not among the changes that the filter keeps back");
        }
        let before = self.items();
        assert_eq!(self.invoke(stream_event(&kept_back)).await, nothing_again);
        assert_eq!(self.items(), before, "should the filter let them through, nothing follows");

        // Nothing can be done, not even remembering that: the stream has to begin at the first again.
        let first = &stream_record(passed.first().expect("some changes pass"))["dynamodb"]["SequenceNumber"];
        let answer = self.invoke_without_aws(stream_event(&passed), REPORTING_TIME).await.expect("it reports in time");
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": first }] }));
        assert_eq!(self.items(), before, "nothing was done");
        assert_traced(&self.line("the record that failed", |line| line["message"] == "record failed").await);

        assert_eq!(self.invoke(stream_event(&passed)).await, nothing_again);
        let done = self.items();
        assert_ne!(done, before, "the changes' work is done");
        assert_traced(&self.line("a change with figures", |line| line["message"] == "projected").await);
        assert_eq!(self.invoke(stream_event(&passed)).await, nothing_again);
        assert_eq!(self.items(), done, "what was done is done once");
        let error = self.try_invoke(Value::Null).await.expect_err("that is no batch");
        assert_ne!(error.kind, "Runtime.ExitError", "{error}");
        assert_eq!(self.invoke(json!({ "Records": [] })).await, nothing_again, "it serves on");
    }
}
