//! How long models take and what they use, in the logs.

use super::{Ai, AiError, BoxFuture, Completion, CompletionRequest};
use crate::clock::Clock;
use crate::telemetry::{Measures, Metric};

/// A source of completions that reports each: how long it took, what it used, whether it failed. Never what was asked or answered.
#[derive(Clone, Debug)]
pub struct Metered<A> {
    inner: A,
    clock: Clock,
}

impl<A> Metered<A> {
    /// Reports what `inner` does, by this clock.
    pub const fn new(inner: A, clock: Clock) -> Self {
        Self { inner, clock }
    }
}

impl<A: Ai> Ai for Metered<A> {
    fn complete<'a>(&'a self, request: CompletionRequest) -> BoxFuture<'a, Result<Completion, AiError>> {
        Box::pin(async move {
            let (began, purpose) = (self.clock.now(), request.purpose.name());
            let outcome = self.inner.complete(request).await;
            let usage = outcome.as_ref().map_or_else(AiError::usage, |completion| completion.usage);
            let measures = Measures::new()
                .with_time(Metric::ModelTime, self.clock.now().since(began))
                .with(Metric::ModelFailures, u64::from(outcome.is_err()))
                .with(Metric::ModelInputTokens, usage.input_tokens.into())
                .with(Metric::ModelOutputTokens, usage.output_tokens.into());
            match &outcome {
                Ok(completion) => {
                    tracing::info!(purpose, model = completion.model, metrics = %measures, "the model answered");
                }
                Err(error) => tracing::warn!(purpose, %error, metrics = %measures, "the model gave no answer"),
            }
            outcome
        })
    }
}
