//! What carries events to jobs: queues, the stream, schedules. Each step can be taken by hand (tests) or in a loop (`jobs`).

use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use axum::body::Body;
use axum::http::Request;
use embedded::template::{EventSource, Interval, matches};
use embedded::{REGION, StreamRecord, stream::lambda_event};
use serde_json::{Value, json};
use tower::ServiceExt;
use vendors::stripe::webhook::SIGNATURE_HEADER;

use crate::invoke::{InvokeError, Job};
use crate::journal::Kind;
use crate::platform::{Platform, PlatformError};

/// The wait after a failed invocation of a stream's function, as Lambda waits before it tries again.
pub(crate) const STREAM_RETRY_PAUSE: Duration = Duration::from_secs(1);

/// A queue and the job that reads it.
#[derive(Clone, Debug)]
pub(crate) struct QueueSource {
    pub(crate) queue: String,
    batch_size: i32,
    job: Job,
}

/// A stream and the job that follows it.
#[derive(Clone, Debug)]
pub(crate) struct StreamSource {
    pub(crate) table: String,
    batch_size: usize,
    filters: Vec<Value>,
    maximum_retry_attempts: u32,
    on_failure: Option<String>,
    job: Job,
}

/// A schedule and the job it starts.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleSource {
    pub(crate) every: Duration,
    job: Job,
    pub(crate) function: String,
}

/// Everything that starts jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    pub(crate) queues: Vec<QueueSource>,
    pub(crate) streams: Vec<StreamSource>,
    pub(crate) schedules: Vec<ScheduleSource>,
}

impl Sources {
    pub(crate) fn add(&mut self, function: &str, source: &EventSource, job: &Job) {
        let job = job.clone();
        match source.clone() {
            EventSource::Queue { queue, batch_size } => self.queues.push(QueueSource { queue, batch_size, job }),
            EventSource::Schedule { every: Interval(every) } => {
                self.schedules.push(ScheduleSource { every, job, function: function.to_owned() });
            }
            EventSource::Stream { table, batch_size, filters, maximum_retry_attempts, on_failure } => {
                self.streams.push(StreamSource { table, batch_size, filters, maximum_retry_attempts, on_failure, job });
            }
        }
    }
}

impl ScheduleSource {
    /// Starts the job.
    pub(crate) async fn run(&self, event: Value) -> Result<Value, InvokeError> {
        self.job.invoke(Kind::Schedule, &format!("every {} s", self.every.as_secs()), event).await
    }
}

impl Platform {
    /// Takes one batch from a queue and gives it to its job; how many messages it took. Messages that the job does not report as failed
    /// are removed; the others come again when their visibility time-out ends.
    pub(crate) async fn pump_queue(&self, source: &QueueSource, wait_seconds: i32) -> Result<usize, PlatformError> {
        let url = self.sqs.queue_url(&source.queue);
        let received = self
            .queues
            .receive_message()
            .queue_url(&url)
            .max_number_of_messages(source.batch_size.min(10))
            .wait_time_seconds(wait_seconds)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(PlatformError::queue)?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            return Ok(0);
        }
        let records = messages.iter().map(|message| sqs_record(&source.queue, message)).collect::<Vec<_>>();
        let failed = match source.job.invoke(Kind::Queue, &source.queue, json!({ "Records": records })).await {
            Ok(answer) => failures(&answer),
            Err(error) => {
                tracing::error!(queue = source.queue, %error, "the batch comes again");
                messages.iter().filter_map(|message| message.message_id.clone()).collect()
            }
        };
        for message in &messages {
            let id = message.message_id.as_deref().unwrap_or_default();
            if !failed.iter().any(|failed| failed == id) {
                let receipt = message.receipt_handle.clone().unwrap_or_default();
                self.queues
                    .delete_message()
                    .queue_url(&url)
                    .receipt_handle(receipt)
                    .send()
                    .await
                    .map_err(PlatformError::queue)?;
            }
        }
        Ok(messages.len())
    }

    /// Takes one batch from a stream and gives it to its job; how many records are dealt with. A record that fails stays the first of
    /// the next batch, until it was tried as often as the template says; then the failure's queue is told and the stream goes on.
    pub(crate) async fn pump_stream(&self, source: &StreamSource, attempts: &mut u32) -> Result<usize, PlatformError> {
        let reader = self.dynamodb.stream(&source.table);
        let batch = reader.next_batch(source.batch_size).await?;
        let Some(last) = batch.last() else { return Ok(0) };
        let last = last.sequence();
        let wanted = batch
            .iter()
            .filter(|record| {
                source.filters.is_empty() || source.filters.iter().any(|filter| matches(filter, record.lambda_json()))
            })
            .cloned()
            .collect::<Vec<_>>();
        let failed = if wanted.is_empty() { None } else { self.invoke_stream(source, &wanted).await };
        let Some(failed) = failed else {
            *attempts = 0;
            reader.acknowledge(last).await?;
            return Ok(batch.len());
        };
        let before = batch.iter().take_while(|record| record.sequence().to_string() != failed).collect::<Vec<_>>();
        if let Some(done) = before.last() {
            *attempts = 0;
            reader.acknowledge(done.sequence()).await?;
        }
        *attempts = attempts.saturating_add(1);
        if *attempts > source.maximum_retry_attempts {
            *attempts = 0;
            if let Some(poison) = batch.get(before.len()) {
                self.give_up(source, poison).await?;
                reader.acknowledge(poison.sequence()).await?;
            }
        } else {
            self.services.clock.sleep(STREAM_RETRY_PAUSE).await;
        }
        Ok(before.len().max(1))
    }

    /// The sequence number of the first record that failed, if one did.
    async fn invoke_stream(&self, source: &StreamSource, records: &[StreamRecord]) -> Option<String> {
        match source.job.invoke(Kind::Stream, &source.table, lambda_event(records.iter().cloned())).await {
            Ok(answer) => failures(&answer).into_iter().next(),
            Err(error) => {
                tracing::error!(%error, "the stream's batch is tried again");
                records.first().map(|record| record.sequence().to_string())
            }
        }
    }

    async fn give_up(&self, source: &StreamSource, record: &StreamRecord) -> Result<(), PlatformError> {
        tracing::error!(table = source.table, sequence = %record.sequence(), "a record is given up");
        if let Some(queue) = &source.on_failure {
            let body = json!({"requestContext": {"condition": "RetryAttemptsExhausted"},
                "DDBStreamBatchInfo": {"startSequenceNumber": record.sequence().to_string()}});
            let url = self.sqs.queue_url(queue);
            let send = self.queues.send_message().queue_url(url).message_body(body.to_string()).send();
            // The event source does it in the function's name, and needs the function's right to it.
            self.journal.as_function(source.job.name(), send).await.map_err(PlatformError::queue)?;
        }
        Ok(())
    }

    /// Starts a schedule's job for now, whatever the time.
    pub async fn tick(&self, function: &str) -> Result<Value, PlatformError> {
        let schedule = self.sources.schedules.iter().find(|schedule| schedule.function == function);
        let schedule = schedule.ok_or_else(|| PlatformError::UnknownSchedule {
            name: function.to_owned(),
            known: self
                .sources
                .schedules
                .iter()
                .map(|schedule| schedule.function.clone())
                .collect::<Vec<_>>()
                .join(", "),
        })?;
        Ok(schedule.run(self.schedule_event(schedule)).await?)
    }

    /// What EventBridge Scheduler would send now.
    pub(crate) fn schedule_event(&self, schedule: &ScheduleSource) -> Value {
        let (id, now) = (self.services.ids.next::<shared::id::RequestId>(), self.services.clock.now());
        json!({"version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": embedded::ACCOUNT, "time": now, "region": REGION, "detail": "{}",
            "resources": [format!("arn:aws:scheduler:{REGION}:{}:schedule/default/groundwork-local-{}", embedded::ACCOUNT, schedule.function)]})
    }

    /// Runs queues and the stream until nothing is left that could be done now; how many events it carried. Messages that failed are
    /// hidden until their time comes and do not count.
    pub async fn drain(&self) -> Result<usize, PlatformError> {
        let mut total = 0;
        let mut attempts = vec![0; self.sources.streams.len()];
        loop {
            let mut carried = 0;
            for (source, attempts) in self.sources.streams.iter().zip(&mut attempts) {
                carried += self.pump_stream(source, attempts).await?;
            }
            for source in &self.sources.queues {
                carried += self.pump_queue(source, 0).await?;
            }
            carried += self.deliver_stripe_events().await;
            if carried == 0 {
                return Ok(total);
            }
            total += carried;
        }
    }

    /// Brings the events of the Stripe sandbox to the platform's own endpoint, as Stripe would; how many were taken. What is not taken
    /// comes again after a pause.
    pub(crate) async fn deliver_stripe_events(&self) -> usize {
        let mut taken = 0;
        for delivery in self.stripe.deliveries() {
            let request = Request::post("/api/stripe/webhook")
                .header("content-type", "application/json; charset=utf-8")
                .header(SIGNATURE_HEADER, &delivery.signature)
                .body(Body::from(delivery.body));
            let Ok(request) = request else { continue };
            let answered = self.router().oneshot(request).await;
            if answered.is_ok_and(|response| response.status().is_success()) {
                self.stripe.delivered(&delivery.event_id);
                taken += 1;
            } else {
                tracing::warn!(
                    event = delivery.event_id,
                    kind = delivery.kind,
                    "an event of the sandbox was not taken"
                );
            }
        }
        taken
    }

    /// Runs only the stream until nothing is left of it.
    pub async fn drain_streams(&self) -> Result<(), PlatformError> {
        for source in &self.sources.streams {
            let mut attempts = 0;
            while self.pump_stream(source, &mut attempts).await? > 0 {}
        }
        Ok(())
    }
}

/// The messages or records that an invocation's answer says have failed.
pub(crate) fn failures(answer: &Value) -> Vec<String> {
    let failures = answer.get("batchItemFailures").and_then(Value::as_array).into_iter().flatten();
    failures.filter_map(|failure| failure.get("itemIdentifier")?.as_str().map(str::to_owned)).collect()
}

fn sqs_record(queue: &str, message: &Message) -> Value {
    let attributes =
        message.attributes.iter().flatten().map(|(name, value)| (name.as_str().to_owned(), Value::from(value.clone())));
    json!({
        "messageId": message.message_id, "receiptHandle": message.receipt_handle, "body": message.body,
        "attributes": attributes.collect::<serde_json::Map<_, _>>(), "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": embedded::sqs::queue_arn(queue), "awsRegion": REGION,
    })
}
