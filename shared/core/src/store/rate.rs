//! Rate limits that hold across instances: one conditional write per attempt.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::{Item, Key, Store, StoreError, Update};
use crate::clock::Timestamp;
use crate::encoding::shortened;
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

impl RateLimit {
    /// Which window an instant falls into.
    pub fn window_of(self, now: Timestamp) -> i64 {
        now.as_seconds().div_euclid(self.window_seconds())
    }

    /// Where somebody stands who has made so many attempts, this one among them, in the window of `now`; 429 if they are too many. For
    /// what keeps its count itself.
    pub fn status(self, attempts: u32, now: Timestamp) -> Result<RateStatus, Problem> {
        let remaining = self.attempts.checked_sub(attempts);
        let status = RateStatus {
            limit: self,
            remaining: remaining.unwrap_or(0),
            resets_in_seconds: self.resets_in_seconds(now),
        };
        if remaining.is_some() { Ok(status) } else { Err(self.refuse(Problem::too_many_requests(1), now)) }
    }

    /// Where the count of `subject` in the window of `now` lies. It lies under a digest, so that no address stands in a key.
    pub fn key_of(self, subject: &str, now: Timestamp) -> Key {
        let digest = shortened(Sha256::digest(subject.as_bytes()), 12);
        Key::new(format!("RATE#{}#{digest}", self.name), self.window_of(now).to_string())
    }

    /// How many attempts a counter has seen.
    pub fn attempts_of(counter: &Item) -> u32 {
        let attempts = counter.get("attempts").and_then(|value| value.as_n().ok());
        attempts.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// The write that counts an attempt; its condition fails where that is one too many.
    pub(crate) fn attempt(self, subject: &str, now: Timestamp) -> Update {
        Update::new(self.key_of(subject, now), "rateCounter")
            .add("attempts", 1)
            .set("ttl", AttributeValue::N(self.ends(now).saturating_add(3600).to_string()))
            .only_if_at_most("attempts", i64::from(self.attempts).saturating_sub(1))
    }

    /// A refusal of an attempt too many, with when to try again.
    pub(crate) fn refuse(self, problem: Problem, now: Timestamp) -> Problem {
        let resets_in_seconds = self.resets_in_seconds(now);
        let status = RateStatus { limit: self, remaining: 0, resets_in_seconds };
        let named = status.headers().into_iter().filter_map(|(name, value)| Some((name?, value)));
        named.fold(problem.retry_after(resets_in_seconds), |problem, (name, value)| problem.with_header(name, value))
    }

    fn window_seconds(self) -> i64 {
        i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX).max(1)
    }

    /// When the window of `now` ends, in seconds since 1970.
    fn ends(self, now: Timestamp) -> i64 {
        self.window_of(now).saturating_add(1).saturating_mul(self.window_seconds())
    }

    fn resets_in_seconds(self, now: Timestamp) -> u64 {
        u64::try_from(self.ends(now).saturating_sub(now.as_seconds())).unwrap_or(1)
    }
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
    /// Counts one attempt by `subject` (an account, an address) against `limit`, or refuses it with 429. A refused attempt is not counted:
    /// the window ends at a fixed time whatever an attacker does.
    pub async fn count_attempt(&self, limit: RateLimit, subject: &str) -> Result<RateStatus, Problem> {
        let now = self.clock.now();
        let counter = self.update(limit.attempt(subject, now)).await?;
        limit.status(counter.map_or(u32::MAX, |counter| RateLimit::attempts_of(&counter)), now)
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
            .table_name(self.tables.name(update.key.table))
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
