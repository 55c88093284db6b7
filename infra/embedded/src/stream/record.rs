//! A stream record in the shape in which Lambda delivers it.

use dynoxide::actions::get_records::Record;
use serde_json::{Value, json};

use super::SequenceNumber;
use crate::error::EmbeddedError;
use crate::{ACCOUNT, REGION};

/// One change of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRecord {
    sequence: SequenceNumber,
    json: Value,
}

impl StreamRecord {
    pub(super) fn from_engine(table: &str, record: Record) -> Result<Self, EmbeddedError> {
        let malformed = |error: &dyn std::fmt::Display| EmbeddedError::MalformedRecord(error.to_string());
        let sequence = record.dynamodb.sequence_number.parse().map_err(|error| malformed(&error))?;
        let mut json = serde_json::to_value(&record).map_err(|error| malformed(&error))?;
        if let Some(fields) = json.as_object_mut() {
            // The engine names a region of its own.
            fields.insert("awsRegion".to_owned(), REGION.into());
            fields.insert("eventSourceARN".to_owned(), stream_arn(table).into());
        }
        Ok(Self { sequence, json })
    }

    /// The record's place in the stream, which [`super::StreamReader::acknowledge`] takes.
    pub fn sequence(&self) -> SequenceNumber {
        self.sequence
    }

    /// `INSERT`, `MODIFY` or `REMOVE`.
    pub fn event_name(&self) -> &str {
        self.json.get("eventName").and_then(Value::as_str).unwrap_or_default()
    }

    /// An image or the keys, in DynamoDB's JSON: `Keys`, `NewImage` or `OldImage`.
    pub fn image(&self, name: &str) -> Option<&Value> {
        self.json.get("dynamodb").and_then(|change| change.get(name))
    }

    /// Whether DynamoDB removed the item because its time to live had passed.
    pub fn is_expiry(&self) -> bool {
        self.json.get("userIdentity").is_some()
    }

    /// The element of `Records` that a Lambda function receives.
    pub fn lambda_json(&self) -> &Value {
        &self.json
    }

    /// The same, by value.
    pub fn into_lambda_json(self) -> Value {
        self.json
    }
}

/// The event that a Lambda function receives for these records.
pub fn lambda_event(records: impl IntoIterator<Item = StreamRecord>) -> Value {
    json!({ "Records": records.into_iter().map(StreamRecord::into_lambda_json).collect::<Vec<_>>() })
}

fn stream_arn(table: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/local")
}
