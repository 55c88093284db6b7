//! Making what the template describes.

use serde_json::json;

use super::{Queue, Table, Template};
use crate::sqs::queue_arn;
use crate::wire::WireService;
use crate::{EmbeddedDynamoDb, EmbeddedError, EmbeddedSqs};

impl Template {
    /// Makes the tables that are not there yet.
    pub fn create_tables(&self, dynamodb: &EmbeddedDynamoDb) -> Result<(), EmbeddedError> {
        self.tables.values().try_for_each(|table| create_table(dynamodb, table))
    }

    /// Makes the queues, dead-letter queues first.
    pub async fn create_queues(&self, sqs: &EmbeddedSqs) -> Result<(), EmbeddedError> {
        let (sources, targets): (Vec<_>, Vec<_>) = self.queues.values().partition(|queue| queue.redrive.is_some());
        for queue in targets.into_iter().chain(sources) {
            let body = serde_json::to_vec(&self.create_queue_request(queue)).unwrap_or_default();
            let answer = sqs.answer("CreateQueue", body.into()).await;
            if answer.status != 200 {
                return Err(EmbeddedError::Provision { name: queue.name.clone(), answer: answer.text() });
            }
        }
        Ok(())
    }

    fn create_queue_request(&self, queue: &Queue) -> serde_json::Value {
        let mut attributes = json!({
            "VisibilityTimeout": queue.visibility_timeout_seconds.to_string(),
            "MessageRetentionPeriod": queue.message_retention_seconds.to_string(),
        });
        if let Some((target, count)) = &queue.redrive
            && let (Some(target), Some(attributes)) = (self.queues.get(target), attributes.as_object_mut())
        {
            let policy = json!({"deadLetterTargetArn": queue_arn(&target.name), "maxReceiveCount": count});
            attributes.insert("RedrivePolicy".to_owned(), policy.to_string().into());
        }
        json!({"QueueName": queue.name, "Attributes": attributes})
    }
}

fn create_table(dynamodb: &EmbeddedDynamoDb, table: &Table) -> Result<(), EmbeddedError> {
    let call = |operation: &str, body: &serde_json::Value| {
        let answer = dynamodb.dispatch(operation, &serde_json::to_vec(body).unwrap_or_default());
        let exists = answer.text().contains("ResourceInUseException");
        match answer.status {
            200 => Ok(true),
            _ if exists => Ok(false),
            _ => Err(EmbeddedError::Provision { name: table.name.clone(), answer: answer.text() }),
        }
    };
    let created = call("CreateTable", &table.create_request)?;
    if let (true, Some(attribute)) = (created, &table.ttl_attribute) {
        let specification = json!({"AttributeName": attribute, "Enabled": true});
        call("UpdateTimeToLive", &json!({"TableName": table.name, "TimeToLiveSpecification": specification}))?;
    }
    Ok(())
}
