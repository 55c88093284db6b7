//! Following a DynamoDB stream: records in order, the first failure is where Lambda begins again.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::future::FutureExt;
use shared::telemetry::{Measures, Meter, Metric};
use tracing::Instrument;

/// Gives each record to `work`, one after the other. The first that fails or panics is reported by its sequence number, and the records
/// after it are left for the invocation that begins there again.
pub async fn handle_stream<E, F>(event: Event, work: F) -> DynamoDbEventResponse
where
    E: Display,
    F: AsyncFn(EventRecord) -> Result<(), E>,
{
    let mut response = DynamoDbEventResponse::default();
    let (total, meter) = (event.records.len(), Arc::new(Meter::default()));
    let figures = |done: usize, failed: u64| {
        let taken_up = u64::try_from(done).unwrap_or(u64::MAX).saturating_add(failed);
        let measures = Measures::new().with(Metric::Records, taken_up).with(Metric::RecordFailures, failed);
        measures.with_store(&meter)
    };
    for (done, record) in event.records.into_iter().enumerate() {
        let sequence_number = record.change.sequence_number.clone();
        let (correlation_id, trace_id) = (tracing::field::Empty, tracing::field::Empty);
        let (record_id, sequence) = (&record.event_id, sequence_number.as_deref());
        let span = tracing::info_span!("record", record_id, sequence, correlation_id, trace_id);
        // Boxed, so that the depth of a function's own futures does not add to that of the loops around them: the compiler has a limit.
        let work = AssertUnwindSafe(Box::pin(async { work(record).await })).catch_unwind();
        let outcome = meter.measure(work).instrument(span.clone()).await;
        let reason = match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_panic) => "the function panicked".to_owned(),
        };
        let measures = figures(done, 1);
        span.in_scope(|| tracing::error!(outcome = "retry", reason, done, total, metrics = %measures, "record failed"));
        // Without a number nothing can be reported but the whole batch, which an empty one does.
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequence_number.unwrap_or_default());
        response.batch_item_failures.push(failure);
        return response;
    }
    tracing::info!(outcome = "done", done = total, total, metrics = %figures(total, 0), "records handled");
    response
}
