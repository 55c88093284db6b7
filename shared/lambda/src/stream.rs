//! Following a DynamoDB stream: records in order, the first failure is where Lambda begins again.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::future::FutureExt;
use tracing::Instrument;

/// Gives each record to `work`, one after the other. The first that fails or panics is reported by its sequence number, and the records
/// after it are left for the invocation that begins there again.
pub async fn handle_stream<E, F>(event: Event, work: F) -> DynamoDbEventResponse
where
    E: Display,
    F: AsyncFn(EventRecord) -> Result<(), E>,
{
    let mut response = DynamoDbEventResponse::default();
    let total = event.records.len();
    for (done, record) in event.records.into_iter().enumerate() {
        let sequence_number = record.change.sequence_number.clone();
        let span = tracing::info_span!("record", id = record.event_id, sequence = sequence_number.as_deref());
        // Boxed, so that the depth of a function's own futures does not add to that of the loops around them: the compiler has a limit.
        let outcome =
            AssertUnwindSafe(Box::pin(async { work(record).await })).catch_unwind().instrument(span.clone()).await;
        let reason = match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_panic) => "the function panicked".to_owned(),
        };
        span.in_scope(|| tracing::error!(outcome = "retry", reason, done, total, "record failed"));
        // Without a number nothing can be reported but the whole batch, which an empty one does.
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(sequence_number.unwrap_or_default());
        response.batch_item_failures.push(failure);
        return response;
    }
    tracing::info!(outcome = "done", done = total, total, "records handled");
    response
}
