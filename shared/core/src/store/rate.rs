//! Rate limits that hold across instances: one conditional write per attempt.

use std::time::Duration;

use aws_sdk_dynamodb::types::ReturnValue;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::{Item, Key, Store, StoreError, Update};
use crate::problem::Problem;

/// At most so many attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// What is limited; part of the counter's key and of the `RateLimit-Policy` header.
    pub name: &'static str,
    /// How many attempts a window admits.
    pub attempts: u32,
    /// How long a window is.
    pub window: Duration,
}

/// Where a caller stands with a limit.
#[derive(Clone, Copy, Debug)]
pub struct RateStatus {
    limit: RateLimit,
    remaining: u32,
    resets_in_seconds: u64,
}

impl RateStatus {
    /// The headers `RateLimit-Policy` and `RateLimit`, as the IETF draft "RateLimit header fields" spells them.
    pub fn headers(&self) -> HeaderMap {
        let RateLimit { name, attempts, window } = self.limit;
        let policy = format!("\"{name}\";q={attempts};w={}", window.as_secs());
        let status = format!("\"{name}\";r={};t={}", self.remaining, self.resets_in_seconds);
        let headers = [("ratelimit-policy", policy), ("ratelimit", status)];
        let value =
            |(name, text): (_, String)| Some((HeaderName::from_static(name), HeaderValue::from_str(&text).ok()?));
        headers.into_iter().filter_map(value).collect()
    }
}

impl Store {
    /// Counts one attempt by `subject` (an account, an address) against `limit`, or refuses it with 429.
    ///
    /// The counter lives under a digest of the subject, so that no address stands in a key. A refused attempt is not counted: the
    /// window ends at a fixed time whatever an attacker does.
    pub async fn count_attempt(&self, limit: RateLimit, subject: &str) -> Result<RateStatus, Problem> {
        let window_seconds = i64::try_from(limit.window.as_secs()).unwrap_or(i64::MAX).max(1);
        let now = self.clock.now().as_seconds();
        let window = now.div_euclid(window_seconds);
        let ends = window.saturating_add(1).saturating_mul(window_seconds);
        let resets_in_seconds = u64::try_from(ends.saturating_sub(now)).unwrap_or(1);
        let digest = Sha256::digest(subject.as_bytes())
            .iter()
            .take(12)
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let update = Update::new(Key::new(format!("RATE#{}#{digest}", limit.name), window.to_string()), "rateCounter")
            .add("attempts", 1)
            .set("ttl", aws_sdk_dynamodb::types::AttributeValue::N(ends.saturating_add(3600).to_string()))
            .only_if_at_most("attempts", i64::from(limit.attempts).saturating_sub(1));
        if let Some(counter) = self.update(update).await? {
            let counted =
                counter.get("attempts").and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok());
            Ok(RateStatus { limit, remaining: limit.attempts.saturating_sub(counted.unwrap_or(0)), resets_in_seconds })
        } else {
            let status = RateStatus { limit, remaining: 0, resets_in_seconds };
            let mut problem = Problem::too_many_requests(status.resets_in_seconds);
            for (name, value) in status.headers() {
                if let Some(name) = name {
                    problem = problem.with_header(name, value);
                }
            }
            Err(problem)
        }
    }

    /// Carries out a single conditional update; false if its condition failed.
    pub async fn try_update(&self, update: Update) -> Result<bool, StoreError> {
        Ok(self.update(update).await?.is_some())
    }

    /// Carries out a single conditional update and returns the attributes that it changed; `None` if its condition failed.
    async fn update(&self, update: Update) -> Result<Option<Item>, StoreError> {
        let result = self
            .client
            .update_item()
            .table_name(self.table())
            .set_key(Some(update.key.attributes()))
            .update_expression(update.expression())
            .set_condition_expression(update.condition())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match result {
            Ok(output) => Ok(Some(output.attributes.unwrap_or_default())),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(None)
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }
}
