//! One request or invocation, as it is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use embedded::recording::identifiers::{Identifiers, is_identifier};
use embedded::recording::{Exchange, Record, SentMessage, Service};
use serde::Serialize;
use serde_json::Value;
use shared::clock::Timestamp;
use shared::trace::Trace;
use tokio::time::Instant;

/// What began the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A request over HTTP.
    Http,
    /// Messages of a queue.
    Queue,
    /// Changes of a table.
    Stream,
    /// A schedule, or an operator who did not wait for it.
    Schedule,
}

/// A request or an invocation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// What began it.
    pub kind: Kind,
    /// The function that did it.
    pub function: String,
    /// The method and the matched path of a request, else the queue, the table or the schedule.
    pub source: String,
    /// The status of a request's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How it ended, in words.
    pub outcome: String,
    /// Whether it went well.
    pub ok: bool,
    /// When it began.
    pub began: Timestamp,
    /// The same on a clock that is exact enough to put entries in order.
    #[serde(skip)]
    pub(super) since: Instant,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The request's id, as its answer's `X-Request-Id` tells; a schedule's event has one too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What it belongs to; a batch of messages or changes may belong to several requests.
    pub correlation_ids: BTreeSet<String>,
    /// The traces it belongs to.
    pub trace_ids: BTreeSet<String>,
    /// The messages or changes it was given.
    pub received: Vec<Message>,
    /// What it asked of DynamoDB and SQS.
    pub calls: Vec<Call>,
    /// How many more calls there were.
    #[serde(skip_serializing_if = "is_zero")]
    pub calls_left_out: usize,
    /// The messages it sent.
    pub sent: Vec<Message>,
}

/// A call of DynamoDB or SQS.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// `dynamodb` or `sqs`.
    pub service: &'static str,
    /// The operation.
    pub operation: String,
    /// The tables, indexes and queues it was about.
    pub resources: BTreeSet<String>,
    /// How many items or messages it named; 1 for a query, which names a partition.
    pub keys: usize,
    /// When it began, in milliseconds after the whole did.
    pub after_ms: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// The length of the request.
    pub request_bytes: usize,
    /// The length of the answer.
    pub response_bytes: usize,
    /// The code of its error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the function has no right to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub denied: bool,
    #[serde(skip)]
    written_for: BTreeSet<String>,
    #[serde(skip)]
    sent: Vec<SentMessage>,
}

/// A message of a queue or a change of a table: its identifiers, not its content.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The queue or the table.
    pub source: String,
    /// The message's id. A message that the queue did not take has none, a change has its place in the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The identifiers of things in it.
    pub ids: BTreeMap<String, String>,
    /// What it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The trace it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// What is known when work begins.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    pub(crate) kind: Kind,
    pub(crate) function: String,
    pub(crate) source: String,
    pub(crate) request_id: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) received: Vec<Message>,
}

/// How work ended.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Option<u16>,
    pub(crate) words: String,
    pub(crate) ok: bool,
}

impl Outcome {
    /// An end without a status.
    pub(crate) fn new(ok: bool, words: impl Into<String>) -> Self {
        Self { status: None, words: words.into(), ok }
    }

    /// Nobody waited for the end, or it never came.
    pub(super) fn broken_off() -> Self {
        Self::new(false, if std::thread::panicking() { "panicked" } else { "broken off" })
    }
}

impl Entry {
    pub(super) fn new(
        beginning: Beginning,
        (began, since): (Timestamp, Instant),
        outcome: Outcome,
        record: Record,
    ) -> Self {
        let (calls, calls_left_out) = (calls(record.exchanges, since), record.left_out);
        let Beginning { kind, function, source, request_id, correlation_id, trace_id, received } = beginning;
        let sent = calls.iter().flat_map(|call| &call.sent).map(Message::sent).collect::<Vec<_>>();
        let both = || received.iter().chain(&sent);
        // Work that was begun without a trace, as by the sweep, shows by what it writes where it belongs.
        let written_for = calls.iter().filter(|call| call.error.is_none()).flat_map(|call| &call.written_for);
        let correlation_ids =
            both().filter_map(|it| it.correlation_id.as_ref()).chain(&correlation_id).chain(written_for);
        Self {
            kind,
            function,
            source,
            status: outcome.status,
            outcome: outcome.words,
            ok: outcome.ok,
            began,
            since,
            duration_ms: milliseconds(since.elapsed()),
            request_id,
            correlation_ids: correlation_ids.cloned().collect(),
            trace_ids: both().filter_map(|it| it.trace_id.clone()).chain(trace_id).collect(),
            calls,
            calls_left_out,
            sent,
            received,
        }
    }
}

impl Message {
    fn new(source: &str, message_id: Option<String>, identifiers: Identifiers) -> Self {
        let Identifiers { things, correlation_id, trace_id } = identifiers;
        let trace_id = trace_id.or_else(|| trace_of(correlation_id.as_deref()?));
        Self { source: source.to_owned(), message_id, ids: things, correlation_id, trace_id }
    }

    fn sent(message: &SentMessage) -> Self {
        Self::new(&message.queue, message.message_id.clone(), message.identifiers.clone())
    }
}

/// The trace of what belongs to this, where no caller gave one.
fn trace_of(correlation_id: &str) -> Option<String> {
    let correlation_id = correlation_id.parse().ok()?;
    Some(Trace { request_id: None, correlation_id, given_trace_id: None }.trace_id().to_string())
}

/// The beginning of an invocation by this event: `source` names the queue, the table or the schedule.
pub(crate) fn of_event(kind: Kind, function: &str, source: &str, event: &Value) -> Beginning {
    let records = event.get("Records").and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let received = records.filter_map(|record| match kind {
        Kind::Queue => {
            let identifiers = Identifiers::of_body(record.get("body")?.as_str()?);
            Some(Message::new(source, text(record, "messageId"), identifiers))
        }
        Kind::Stream => {
            let change = record.get("dynamodb")?;
            let identifiers = Identifiers::of_image(change.get("NewImage").or_else(|| change.get("OldImage"))?);
            Some(Message::new(source, text(change, "SequenceNumber"), identifiers))
        }
        Kind::Schedule | Kind::Http => None,
    });
    let request_id = text(event, "id").filter(|id| is_identifier(id));
    Beginning {
        kind,
        function: function.to_owned(),
        source: source.to_owned(),
        request_id,
        correlation_id: None,
        trace_id: None,
        received: received.collect(),
    }
}

/// Exchanges as they are shown, with their times after `since`.
fn calls(exchanges: Vec<Exchange>, since: Instant) -> Vec<Call> {
    let call = |exchange: Exchange| Call {
        service: match exchange.service {
            Service::DynamoDb => "dynamodb",
            Service::Sqs => "sqs",
        },
        operation: exchange.operation,
        resources: exchange.rights.iter().map(|right| name_of(&right.resource).to_owned()).collect(),
        keys: exchange.keys,
        after_ms: milliseconds(exchange.began.saturating_duration_since(since)),
        duration_ms: milliseconds(exchange.duration),
        request_bytes: exchange.request_bytes,
        response_bytes: exchange.response_bytes,
        error: exchange.error,
        denied: exchange.denied,
        written_for: exchange.correlation_ids,
        sent: exchange.sent,
    };
    exchanges.into_iter().map(call).collect()
}

/// What an ARN names, without region and account.
fn name_of(arn: &str) -> &str {
    let name = arn.rsplit(':').next().unwrap_or(arn);
    name.strip_prefix("table/").unwrap_or(name)
}

/// To the microsecond, which is as exact as anything here is.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}
