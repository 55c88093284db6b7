//! What an error of the AWS SDK says, for the log.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// An error in words, with its causes. The SDK's own description of it (`DisplayErrorContext`) quotes the whole answer, and with an answer
/// that was cut on its way the items in it: addresses, hashes, what people wrote.
pub fn describe<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let SdkError::ServiceError(context) = error {
        let (code, message) = (context.err().code(), context.err().message());
        return format!("{}: {}", code.unwrap_or("an error without a code"), message.unwrap_or("no message"));
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
