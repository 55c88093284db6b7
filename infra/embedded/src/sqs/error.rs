//! The errors of SQS that the platform can meet, under the codes that its SDKs know.

use serde_json::{Value, json};

use crate::wire::WireResponse;

/// A refused request. All are the caller's fault and answered with status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SqsError {
    #[error("The specified queue does not exist.")]
    QueueDoesNotExist,
    #[error("A queue already exists with the same name and a different value for attribute {0}.")]
    QueueNameExists(String),
    #[error("Invalid value for the attribute {0}.")]
    InvalidAttributeValue(String),
    #[error("Unknown attribute {0}.")]
    InvalidAttributeName(String),
    #[error("{0}")]
    MissingParameter(String),
    #[error("{0}")]
    InvalidParameterValue(String),
    #[error("The input receipt handle is invalid.")]
    ReceiptHandleIsInvalid,
    #[error("The message referred to is not in flight.")]
    MessageNotInflight,
    #[error("There should be at least one entry in the request.")]
    EmptyBatchRequest,
    #[error("Maximum number of entries per request are 10.")]
    TooManyEntriesInBatchRequest,
    #[error("Two or more entries have the same Id.")]
    BatchEntryIdsNotDistinct,
    #[error("The entries are together longer than 1048576 bytes.")]
    BatchRequestTooLong,
    #[error("The embedded SQS does not offer the operation {0}.")]
    UnsupportedOperation(String),
}

impl SqsError {
    /// The code of the older query protocol, which SDKs read from a header before they look at the JSON.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            Self::QueueNameExists(_) => "QueueAlreadyExists",
            Self::InvalidAttributeValue(_) => "InvalidAttributeValue",
            Self::InvalidAttributeName(_) => "InvalidAttributeName",
            Self::MissingParameter(_) => "MissingParameter",
            Self::InvalidParameterValue(_) => "InvalidParameterValue",
            Self::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Self::MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            Self::EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            Self::TooManyEntriesInBatchRequest => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            Self::BatchEntryIdsNotDistinct => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Self::BatchRequestTooLong => "AWS.SimpleQueueService.BatchRequestTooLong",
            Self::UnsupportedOperation(_) => "AWS.SimpleQueueService.UnsupportedOperation",
        }
    }

    /// The name in the JSON protocol's model.
    fn shape(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist => "QueueDoesNotExist",
            Self::QueueNameExists(_) => "QueueNameExists",
            other => other.code().rsplit('.').next().unwrap_or_default(),
        }
    }

    pub(super) fn into_response(self) -> WireResponse {
        let body = json!({ "__type": format!("com.amazonaws.sqs#{}", self.shape()), "message": self.to_string() });
        let mut response = WireResponse::error(400, body.to_string());
        response.query_error = Some(format!("{};Sender", self.code()));
        response
    }

    /// The failure as an element of a batch's `Failed`.
    pub(super) fn into_batch_entry(self, id: &str) -> Value {
        json!({ "Id": id, "SenderFault": true, "Code": self.code(), "Message": self.to_string() })
    }
}
