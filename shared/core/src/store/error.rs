//! What can go wrong with the store, told apart by what a caller can do about it.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::sdk_error::describe;
use crate::telemetry::Meter;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB is throttling, unreachable or failing: the same request may succeed later.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// An item does not have the shape its type promises.
    #[error("an item is corrupt: {0}")]
    Corrupt(String),
    /// DynamoDB says that our request is wrong: a fault of ours.
    #[error("the store refused a request: {0}")]
    Refused(String),
    /// Others kept changing the same items for as long as we tried.
    #[error("others kept changing the same items")]
    Contended,
}

/// The codes with which DynamoDB asks for patience.
const TRANSIENT_CODES: [&str; 9] = [
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "InternalServerError",
    "InternalFailure",
    "ServiceUnavailable",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl StoreError {
    /// The failure for good that an SDK error is.
    pub(super) fn from_sdk<E>(error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::classify(&error).for_good()
    }

    /// Counts a failure that nothing is tried against any more. That others were faster is none of the table's.
    pub(super) fn for_good(self) -> Self {
        if matches!(self, Self::Unavailable(_) | Self::Refused(_)) {
            Meter::count_store_failure();
        }
        self
    }

    /// Classifies an SDK error; everything that is not an answer (time-out, no connection) is transient.
    pub(super) fn classify<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let transient = match error {
            SdkError::ServiceError(context) => {
                context.err().code().is_none_or(|code| TRANSIENT_CODES.contains(&code))
                    || context.raw().status().is_server_error()
            }
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        let message = describe(error);
        if transient { Self::Unavailable(message) } else { Self::Refused(message) }
    }
}
