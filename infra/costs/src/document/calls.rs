//! What one call costs: of an operation, of a job.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Document;
use super::text::{table, units};
use crate::prices::Bill;
use crate::scenario::{Row, operations};
use crate::usage::Usage;

impl Document {
    pub(super) fn standing_out(&self, text: &mut String) {
        text.push_str("\n## What stands out\n\nThe three dearest operations, with what follows them:\n\n");
        let mut rows = self.figures.operations.iter().filter(|row| row.case.is_empty()).collect::<Vec<_>>();
        rows.sort_by(|one, other| self.whole_dollars(other).total_cmp(&self.whole_dollars(one)));
        for row in rows.into_iter().take(3) {
            let whole = self.biller.whole(row);
            let dollars = whole.dollars_per_million(&self.prices);
            let percent = |part: Bill| 100.0 * part.dollars_per_million(&self.prices) / dollars;
            let writes = percent(Bill { writes: whole.writes, ..Bill::default() });
            let reads = percent(Bill { reads: whole.reads, ..Bill::default() });
            let duration = percent(Bill { gb_seconds: whole.gb_seconds, ..Bill::default() });
            let _ = writeln!(
                text,
                "* `{}`: ${dollars:.2} a million{}. Of it writes are {writes:.0} % ({} units), reads {reads:.0} % ({} units), Lambda's \
                 duration {duration:.0} % (with {} questions to a language model). {} runs of jobs follow and make {:.0} % of it.",
                row.name,
                why(&row.name),
                units(whole.writes),
                units(whole.reads),
                questions(row),
                row.follows.len(),
                100.0 * (1.0 - self.own_dollars(row) / dollars),
            );
        }
        text.push_str(STANDING_OUT);
    }

    pub(super) fn operations(&self, text: &mut String) {
        text.push_str(OPERATIONS);
        head(text, "operation", "events");
        for row in self.sorted_operations() {
            self.row(text, row, &event_list(&row.usage));
        }
    }

    pub(super) fn jobs(&self, text: &mut String) {
        text.push_str(JOBS);
        head(text, "run", "model");
        let mut rows = self.figures.jobs.iter().collect::<Vec<_>>();
        rows.sort_by_key(|row| row.key());
        for row in rows {
            self.row(text, row, &row.usage.ai_calls.to_string());
        }
    }

    fn row(&self, text: &mut String, row: &Row, last: &str) {
        let usage = &row.usage;
        let polls = self.biller.own(&row.function, &row.name, usage).sqs_requests;
        let cells = [
            format!("`{}`{}", row.name, if row.case.is_empty() { String::new() } else { format!(": {}", row.case) }),
            row.function.clone(),
            requests(usage),
            usage.items.to_string(),
            units(usage.reads),
            format!("{} + {}", units(usage.table_writes), units(usage.index_writes)),
            units(polls),
            last.to_owned(),
            format!("{:.2}", self.own_dollars(row)),
            format!("{:.2}", self.whole_dollars(row)),
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }

    /// The operations in the order of the OpenAPI document, their other cases after the typical one.
    fn sorted_operations(&self) -> Vec<&Row> {
        let order = operations();
        let place = |row: &Row| order.iter().position(|operation| operation.id == row.name);
        let mut rows = self.figures.operations.iter().collect::<Vec<_>>();
        rows.sort_by_key(|row| (place(row), row.case.clone()));
        rows
    }

    fn own_dollars(&self, row: &Row) -> f64 {
        self.biller.own(&row.function, &row.name, &row.usage).dollars_per_million(&self.prices)
    }
}

/// What stands over the rows of calls of one kind, of which the first column and `last` differ.
fn head(text: &mut String, kind: &str, last: &str) {
    let columns = [
        kind,
        "function",
        "requests",
        "items",
        "RRU",
        "WRU table + index",
        "SQS",
        last,
        "$/million",
        "with what follows",
    ];
    table(text, &columns);
}

/// Why an operation is dear, where there is more to say than its figures do.
fn why(operation: &str) -> &'static str {
    match operation {
        "importLeads" => {
            ", 50 leads at once: each is a row, a marker that keeps its address unique, and an index entry, and the first two \
             are written in a transaction"
        }
        "analyze" => {
            ": the engine creates three follow-ups and a post, each a task that is claimed, written by a language model and recorded"
        }
        "createTask" | "retryTask" => {
            ": the task is claimed, written by a language model and recorded, and moves in two indexes each time"
        }
        "sendMessage" => {
            ": three transactions, so that neither question nor answer is lost or said twice, and a function that waits"
        }
        _ => "",
    }
}

fn questions(row: &Row) -> u32 {
    row.usage.ai_calls + row.follows.iter().map(|run| run.usage.ai_calls).sum::<u32>()
}

fn requests(usage: &Usage) -> String {
    let kinds = usage.requests.iter().map(|(kind, count)| format!("{count} {kind}"));
    kinds.collect::<Vec<_>>().join(", ")
}

fn event_list(usage: &Usage) -> String {
    let mut counts = BTreeMap::<&str, u32>::new();
    usage.events.iter().for_each(|event| *counts.entry(event).or_default() += 1);
    let counts = counts.into_iter().map(|(event, count)| match count {
        1 => event.to_owned(),
        count => format!("{count} {event}"),
    });
    counts.collect::<Vec<_>>().join(", ")
}

const STANDING_OUT: &str = "
Transactions cost twice the units of single writes on the table (not on the indexes), and nearly every write here is one: that is the price of
a trail that is always true. An index with all attributes (`listing`) doubles the bytes of what stands in it; a task moves in both indexes
with each change of its status, two writes each time.
";

const OPERATIONS: &str = "
## Operations

The typical case: Ada's organisation is on Pro, lists have 50 items, commands carry an `Idempotency-Key` where they take one, the access cache
is cold (its batch of four, or of two without an organisation, is in every figure; for four seconds after it the same caller does without), and
the verifying and signing keys are warm (`getMe: verifying keys cold` shows the difference, once in five minutes and instance).

`Transact(5)` is a transaction of five writes, `BatchGet(4)` a batch of four keys. RRU and WRU are read and write request units, WRU of the table
and of its indexes. The last column includes what follows a million calls: the projector for each event, and the task runner for each task.

";

const JOBS: &str = "
## Jobs

One record, or one message, an invocation, as it is while there is little to do; under load an invocation takes up to a batch, and requests
to Lambda and SQS become fewer, units do not. SQS counts Lambda's receiving and deleting of a message too. What `projector` does for an event is
also what the event adds to the operation that it came from.

";
