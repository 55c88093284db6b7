//! An answer of DynamoDB is never empty.
//!
//! The SDK reads an empty body as `{}`: an item that is there would be taken for absent, a list for ended. Every operation that we use
//! answers at least `{}`, so an empty success was lost on its way and is asked for again.

use aws_sdk_dynamodb::config::interceptors::{AfterDeserializationInterceptorContextRef, InterceptorContext};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

/// To a client with this an empty success is a failure that it may repeat.
#[derive(Debug)]
pub(super) struct WholeAnswer;

impl Intercept for WholeAnswer {
    fn name(&self) -> &'static str {
        "whole answers"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let empty = response.status().is_success() && response.body().bytes().is_some_and(<[u8]>::is_empty);
        if empty { Err("the answer was empty".into()) } else { Ok(()) }
    }
}

impl ClassifyRetry for WholeAnswer {
    fn name(&self) -> &'static str {
        "whole answers"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let success = context.response().filter(|response| response.status().is_success());
        let empty = success.is_some_and(|response| response.body().bytes().is_some_and(<[u8]>::is_empty));
        if empty { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }
}
